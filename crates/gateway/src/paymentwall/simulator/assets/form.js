// The card form. In a frame it says how tall it is, to the page that holds it and to no other.
"use strict";
(function () {
  // The first field that is wrong gets the focus: browsers refuse the attribute for it in a frame of another origin.
  var wrong = document.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();

  var origin = document.querySelector("form").getAttribute("data-holder");
  if (origin === null) return;
  new ResizeObserver(function () {
    window.parent.postMessage({ simulated: "paymentwall", height: document.body.offsetHeight }, origin);
  }).observe(document.body);
})();
