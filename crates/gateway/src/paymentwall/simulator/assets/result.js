// The last page of a window: hands the result to the page that holds the frame, or goes on to the shop's page. Without
// scripts the page's button does the latter.
"use strict";
(function () {
  var form = document.getElementById("result");
  var origin = form.getAttribute("data-result-to");
  if (origin === null) {
    // A field may be called "submit", so the form's own method is not asked for by name.
    HTMLFormElement.prototype.submit.call(form);
    return;
  }
  var fields = {};
  Array.prototype.forEach.call(form.elements, function (input) {
    fields[input.name] = input.value;
  });
  // Only the page that opened the form may read it: the browser checks the origin.
  window.parent.postMessage({ simulated: "paymentwall", fields: fields }, origin);
})();
