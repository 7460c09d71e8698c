// A step of a window. When it came back with mistakes, the first field that is wrong gets the focus: browsers refuse the
// attribute for it in a frame of another origin.
"use strict";
(function () {
  var wrong = document.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
})();
