// The page that opens NHN KCP's window on a PC. A classic script, loaded before KCP's own, because that one looks
// for the global m_Completepayment as soon as it runs. The form "order_info" is in the page; its action is where
// the result goes.

/* global GetField, KCP_Pay_Execute_Web */
/* exported m_Completepayment */

var dangolKcpSent = false;

// KCP calls this once its window has ended, whatever the end was. The name is KCP's.
function m_Completepayment(FormOrJson, closeEvent) {
  var form = document.forms.namedItem("order_info");
  GetField(form, FormOrJson);
  dangolKcpSubmit(form);
  closeEvent();
}

// Sends the result, once. A field may be called "submit", so the form's own method is not asked for by name.
function dangolKcpSubmit(form) {
  if (dangolKcpSent) return;
  dangolKcpSent = true;
  HTMLFormElement.prototype.submit.call(form);
}

// KCP's script may load further scripts before its function is there.
function dangolKcpOpen(triesLeft) {
  var form = document.forms.namedItem("order_info");
  if (typeof KCP_Pay_Execute_Web === "function") {
    try {
      KCP_Pay_Execute_Web(form);
    } catch (error) {
      // KCP documents that its script ends by throwing in some browsers, when all is well.
      console.warn("KCP_Pay_Execute_Web", error);
    }
  } else if (triesLeft > 0) {
    setTimeout(dangolKcpOpen, 100, triesLeft - 1);
  } else {
    // It never came. The form goes back without a result, and the buyer is told that the window did not open.
    dangolKcpSubmit(form);
  }
}

window.addEventListener("load", function () {
  dangolKcpOpen(100);
});
