// The page in which Brick, Paymentwall's own script, takes the card. A classic script, loaded before Brick's. The form
// "brick_window" is in the page; its action is where the result goes, and none of its fields is for a card: those are
// Brick's, outside the form, so that what is typed there never reaches us.

/* global Brick */

var dangolBrickSent = false;

var DANGOL_BRICK_TEXTS = {
  ko: { pays: "지금 결제되며, 이 카드가 정기결제에 등록됩니다.", pay: "결제하기", cancel: "결제하지 않고 돌아가기" },
  en: { pays: "You pay now, and this card is kept for later payments.", pay: "Pay", cancel: "Go back without paying" }
};

function dangolBrickField(form, name) {
  return form.elements.namedItem(name).value;
}

// Sends the result, once. A field may be called "submit", so the form's own method is not asked for by name.
function dangolBrickSend(form, result) {
  if (dangolBrickSent) return;
  dangolBrickSent = true;
  Object.keys(result).forEach(function (name) {
    form.elements.namedItem(name).value = result[name];
  });
  HTMLFormElement.prototype.submit.call(form);
}

function dangolBrickText(value) {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function dangolBrickDone(form, data) {
  data = data || {};
  dangolBrickSend(form, {
    brick_token: dangolBrickText(data.token || data.brick_token),
    brick_fingerprint: dangolBrickText(data.fingerprint || data.brick_fingerprint)
  });
}

function dangolBrickFailed(form, problem) {
  problem = problem || {};
  if (problem.code === "user_cancel") {
    dangolBrickSend(form, { cancelled: "1" });
  } else {
    var text = typeof problem === "string" ? problem : problem.error;
    dangolBrickSend(form, { error: dangolBrickText(text), error_code: dangolBrickText(problem.code) });
  }
}

function dangolBrickAmount(language, amount, currency) {
  try {
    return Number(amount).toLocaleString(language, { style: "currency", currency: currency });
  } catch (error) {
    // A browser that does not know the currency.
    return amount + " " + currency;
  }
}

// What is paid, above Brick's form; and a way out where the shop's page has none.
function dangolBrickShow(form, texts, language) {
  var page = form.parentNode;
  var status = page.querySelector("[role=status]");
  if (status) status.hidden = true;
  var amount = dangolBrickAmount(language, dangolBrickField(form, "amount"), dangolBrickField(form, "currency"));
  [dangolBrickField(form, "product"), amount, texts.pays].forEach(function (text, index) {
    var line = document.createElement("p");
    line.textContent = text;
    if (index === 2) line.className = "hint";
    page.insertBefore(line, form);
  });
  var container = document.createElement("div");
  container.id = "brick-container";
  page.appendChild(container);
  if (window.parent === window) {
    var cancel = document.createElement("button");
    cancel.type = "button";
    cancel.className = "quiet";
    cancel.textContent = texts.cancel;
    cancel.addEventListener("click", function () {
      dangolBrickSend(form, { cancelled: "1" });
    });
    page.appendChild(cancel);
  }
}

function dangolBrickOpen(form, texts, language) {
  dangolBrickShow(form, texts, language);
  var brick = new Brick(
    {
      public_key: dangolBrickField(form, "public_key"),
      amount: dangolBrickField(form, "amount"),
      currency: dangolBrickField(form, "currency"),
      container: "brick-container",
      // The token comes to us by the callback and goes on in our form, together with what proves the window.
      action: "",
      form: {
        merchant: dangolBrickField(form, "merchant"),
        product: dangolBrickField(form, "product"),
        pay_button: texts.pay,
        show_zip: false,
        lang: language
      }
    },
    "default"
  );
  brick.showPaymentForm(
    function (data) {
      dangolBrickDone(form, data);
    },
    function (problem) {
      dangolBrickFailed(form, problem);
    },
  );
}

// Brick's script may load further scripts before it is there.
function dangolBrickWait(triesLeft) {
  var form = document.forms.namedItem("brick_window");
  var language = dangolBrickField(form, "language") === "en" ? "en" : "ko";
  if (typeof Brick === "function") {
    try {
      dangolBrickOpen(form, DANGOL_BRICK_TEXTS[language], language);
    } catch (error) {
      console.warn("Brick", error);
      dangolBrickSend(form, {});
    }
  } else if (triesLeft > 0) {
    setTimeout(dangolBrickWait, 100, triesLeft - 1);
  } else {
    // It never came. The form goes back without a result, and the buyer is told that the window did not open.
    dangolBrickSend(form, {});
  }
}

window.addEventListener("load", function () {
  dangolBrickWait(100);
});
