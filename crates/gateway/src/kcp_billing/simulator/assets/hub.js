// Stands in for the PG's window script: the same globals and the same demands on the page's form. The window opens in
// a frame over the page; its result goes to the page's own m_Completepayment.
(function () {
  "use strict";

  var PLACEHOLDERS = ["res_cd", "res_msg", "enc_info", "enc_data", "tran_cd", "card_mask_no"];
  var REQUIRED = ["ordr_idxx", "site_cd", "site_name", "kcpgroup_id", "pay_method", "card_cert_type", "module_type"];
  var base = new URL("..", document.currentScript.src);
  var open = null;

  function failure(code, message) {
    return { res_cd: code, res_msg: message, enc_info: "", enc_data: "", tran_cd: "", card_mask_no: "" };
  }

  function value(form, name) {
    var input = form.elements.namedItem(name);
    return input && "value" in input ? input.value : null;
  }

  // The name of the first field that is not as it must be, or null.
  function mistake(form) {
    var missing = REQUIRED.filter(function (name) {
      return !value(form, name);
    })[0];
    if (missing) return missing;
    return (
      PLACEHOLDERS.filter(function (name) {
        return value(form, name) !== "";
      })[0] || null
    );
  }

  function style(element, rules) {
    Object.keys(rules).forEach(function (name) {
      element.style[name] = rules[name];
    });
  }

  function layer() {
    var frame = document.createElement("iframe");
    frame.name = "kcp_simulated_window";
    frame.title = "결제창 (payment window)";
    style(frame, { width: "100%", maxWidth: "430px", height: "100%", maxHeight: "640px", border: "0", borderRadius: "12px", background: "#fff" });
    var cover = document.createElement("div");
    cover.setAttribute("role", "dialog");
    cover.setAttribute("aria-modal", "true");
    cover.setAttribute("aria-label", frame.title);
    style(cover, {
      position: "fixed", top: "0", right: "0", bottom: "0", left: "0", zIndex: "2147483000",
      display: "flex", alignItems: "center", justifyContent: "center", background: "rgba(17, 24, 39, .6)",
    });
    cover.appendChild(frame);
    return { cover: cover, frame: frame };
  }

  function send(form, target) {
    var copy = document.createElement("form");
    copy.method = "post";
    copy.action = new URL("pay/window", base).href;
    copy.acceptCharset = "utf-8";
    copy.target = target;
    copy.hidden = true;
    function add(name, text) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = text;
      copy.appendChild(input);
    }
    Array.prototype.forEach.call(form.elements, function (input) {
      if (input.name && "value" in input) add(input.name, input.value);
    });
    add("page_origin", window.location.origin);
    document.body.appendChild(copy);
    // A field named "submit" would hide the form's own.
    HTMLFormElement.prototype.submit.call(copy);
    copy.remove();
  }

  function show(form) {
    var focused = document.activeElement;
    var parts = layer();
    var behind = Array.prototype.filter.call(document.body.children, function (element) {
      return !element.inert;
    });
    behind.forEach(function (element) {
      element.inert = true;
    });

    function close() {
      if (open !== parts) return;
      open = null;
      window.removeEventListener("message", receive);
      parts.cover.remove();
      behind.forEach(function (element) {
        element.inert = false;
      });
      if (focused && focused.focus) focused.focus();
    }

    function receive(event) {
      if (event.origin !== base.origin || event.source !== parts.frame.contentWindow) return;
      if (!event.data || event.data.simulated !== "kcp_billing") return;
      window.removeEventListener("message", receive);
      window.m_Completepayment(event.data.fields, close);
    }

    open = parts;
    window.addEventListener("message", receive);
    document.body.appendChild(parts.cover);
    send(form, parts.frame.name);
    parts.frame.focus();
  }

  // Opens the window for a form. While one is open, nothing happens.
  window.KCP_Pay_Execute_Web = function (form) {
    if (typeof window.m_Completepayment !== "function") {
      throw new Error("m_Completepayment must be defined before this script is loaded");
    }
    if (open) return;
    var wrong = mistake(form);
    if (wrong) {
      window.m_Completepayment(failure("S901", "필수 항목 오류 (" + wrong + ")"), function () {});
      return;
    }
    show(form);
  };

  // Copies a result into the fields of the form that bear its names.
  window.GetField = function (form, FormOrJson) {
    PLACEHOLDERS.forEach(function (name) {
      var target = form.elements.namedItem(name);
      var source = FormOrJson[name];
      if (target && source !== undefined && source !== null) target.value = typeof source === "object" ? source.value : source;
    });
  };
})();
