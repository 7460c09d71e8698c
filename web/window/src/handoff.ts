// The page that sends the buyer on to the gateway. Its button does the same for those without script, and for those
// who come back to it.

import { connect } from "./port";

connect((port) => {
  port.start();
});

const form = document.querySelector<HTMLFormElement>("form[data-handoff]");
// A field of the gateway's may be called "submit" and hide the form's own function.
if (form) HTMLFormElement.prototype.submit.call(form);
