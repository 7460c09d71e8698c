// Stands in for the PG's tokenising script: the same global, the same options and callbacks. The card form is a frame of
// this script's own origin, so that no card is ever seen by the page that loads it.
(function () {
  "use strict";

  var base = new URL("..", document.currentScript.src);

  function formUrl(options) {
    var form = options.form || {};
    var url = new URL("brick/form", base);
    var fields = {
      public_key: options.public_key,
      amount: options.amount,
      currency: options.currency,
      merchant: form.merchant,
      product: form.product,
      pay_button: form.pay_button,
      show_zip: form.show_zip ? "1" : "",
      lang: form.lang,
      page_origin: window.location.origin,
    };
    Object.keys(fields).forEach(function (name) {
      var value = fields[name];
      if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, String(value));
    });
    return url.href;
  }

  // Attributes only: the page's policy may forbid styles.
  function cardFrame(options) {
    var frame = document.createElement("iframe");
    frame.title = (options.form || {}).lang === "ko" ? "카드 입력 (card form)" : "Card form";
    frame.setAttribute("width", "100%");
    frame.setAttribute("height", "600");
    frame.setAttribute("frameborder", "0");
    frame.src = formUrl(options);
    return frame;
  }

  function Brick(options) {
    this.options = options || {};
  }

  // Shows the card form. Exactly one of the two is called, once.
  Brick.prototype.showPaymentForm = function (onSuccess, onError) {
    var container = document.getElementById(this.options.container);
    if (!container) throw new Error("Brick: no element has the id that the option container names");
    var frame = cardFrame(this.options);

    function receive(event) {
      if (event.origin !== base.origin || event.source !== frame.contentWindow) return;
      if (!event.data || event.data.simulated !== "paymentwall") return;
      if (event.data.height) frame.setAttribute("height", String(event.data.height));
      if (!event.data.fields) return;
      window.removeEventListener("message", receive);
      var fields = event.data.fields;
      if (fields.token) onSuccess({ token: fields.token, fingerprint: fields.fingerprint });
      else if (fields.code) onError({ code: fields.code });
      else onError({ error: fields.error });
    }

    window.addEventListener("message", receive);
    container.textContent = "";
    container.appendChild(frame);
    frame.focus();
  };

  window.Brick = Brick;
})();
