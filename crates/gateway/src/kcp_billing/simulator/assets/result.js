// The last page of the window: hands the result to the page that holds the frame, or to the shop's return URL.
"use strict";
(function () {
  var form = document.getElementById("result");
  var origin = form.getAttribute("data-result-to");
  if (origin === null) {
    form.submit();
    return;
  }
  var fields = {};
  Array.prototype.forEach.call(form.elements, function (input) {
    fields[input.name] = input.value;
  });
  // Only the page that opened the window may read it: the browser checks the origin.
  window.parent.postMessage({ simulated: "kcp_billing", fields: fields }, origin);
})();
