// A form that came back with a mistake: the first field that is wrong gets the focus. Browsers refuse the attribute for
// it in a frame of another origin.
"use strict";
document.querySelector("[aria-invalid]").focus();
