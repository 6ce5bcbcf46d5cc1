// Makes pages quicker to use. Everything works without it: each piece below
// only spares a reload or a selection with the mouse.
(function () {
  "use strict";

  function say(text) {
    var live = document.getElementById("live");
    if (live) { live.textContent = text; }
  }

  // Copy buttons. A tick takes the place of the icon for a moment.
  function copied(b) {
    var use = b.querySelector("use");
    say("Copied.");
    if (!use || b.hasAttribute("data-copied")) { return; }
    var was = use.getAttribute("href");
    use.setAttribute("href", was.replace(/#.*/, "#check"));
    b.setAttribute("data-copied", "");
    setTimeout(function () {
      use.setAttribute("href", was);
      b.removeAttribute("data-copied");
    }, 2000);
  }
  document.addEventListener("click", function (e) {
    var b = e.target.closest("[data-copy], [data-copy-from]");
    if (!b) { return; }
    var from = b.getAttribute("data-copy-from");
    var text = from ? document.querySelector(from).textContent : b.getAttribute("data-copy");
    navigator.clipboard.writeText(text).then(function () {
      copied(b);
    }, function () {
      say("The browser did not allow copying. Select the text and copy it.");
    });
  });

  // What Microsoft answered with is used up: it stays out of the address, the
  // history and bookmarks also where its page says what went wrong.
  var answer = new URLSearchParams(location.search);
  if (answer.has("state") && (answer.has("code") || answer.has("error"))) {
    history.replaceState(null, "", location.pathname);
  }

  // Light and dark.
  document.addEventListener("click", function (e) {
    if (!e.target.closest("[data-theme-toggle]")) { return; }
    var root = document.documentElement;
    var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    root.setAttribute("data-bs-theme", next);
    try { localStorage.setItem("theme", next); } catch (err) { /* the choice lasts for this page */ }
    say(next === "dark" ? "Dark theme." : "Light theme.");
  });

  // What a filter field hides: entries whose text does not contain it.
  document.addEventListener("input", function (e) {
    var f = e.target.closest("[data-filter]");
    if (!f) { return; }
    var words = f.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    document.querySelectorAll(f.getAttribute("data-filter")).forEach(function (el) {
      var text = el.textContent.toLowerCase();
      var hit = words.every(function (w) { return text.indexOf(w) >= 0; });
      el.hidden = !hit;
      if (hit) { shown++; }
    });
    document.querySelectorAll(f.getAttribute("data-filter-groups")).forEach(function (g) {
      g.hidden = !g.querySelector("label:not([hidden])");
    });
    say(shown + " shown");
  });

  // Rows that arrive while something runs take the place of the row with the
  // same id; "go" leads on to the next page.
  document.querySelectorAll("[data-events]").forEach(function (el) {
    var source = new EventSource(el.getAttribute("data-events"));
    source.addEventListener("row", function (e) {
      var t = document.createElement("template");
      t.innerHTML = e.data.trim();
      var fresh = t.content.firstElementChild;
      var old = fresh.id && document.getElementById(fresh.id);
      if (old) { old.replaceWith(fresh); } else { el.appendChild(fresh); }
      say(fresh.getAttribute("data-say") || "");
    });
    source.addEventListener("go", function (e) {
      source.close();
      location.replace(e.data.trim());
    });
    source.addEventListener("end", function () { source.close(); });
    window.addEventListener("pagehide", function () { source.close(); });
  });

  // The one showing of a secret: fetched into the page, so that Back and
  // reload find the page without it.
  document.querySelectorAll("form[data-reveal]").forEach(function (form) {
    form.addEventListener("submit", function (e) {
      e.preventDefault();
      var button = form.querySelector("button");
      button.disabled = true;
      fetch(form.action, { method: "POST", headers: { "Accept": "application/json" }, credentials: "same-origin", cache: "no-store" })
        .then(function (r) { return r.json().then(function (j) { return { ok: r.ok, body: j }; }); })
        .then(function (r) {
          if (!r.ok) { throw new Error(r.body.detail || "The secret could not be fetched."); }
          var out = document.querySelector(form.getAttribute("data-reveal"));
          out.querySelector("[data-secret]").textContent = r.body.secret;
          out.hidden = false;
          form.hidden = true;
          // A page that the browser keeps for "Back" must not have it.
          window.addEventListener("pagehide", function () { out.querySelector("[data-secret]").textContent = ""; });
          window.addEventListener("pageshow", function (e) { if (e.persisted) { location.reload(); } });
          out.querySelector("button").focus();
          say("The secret is shown. Copy it now.");
        })
        .catch(function (err) {
          button.disabled = false;
          var note = form.querySelector("[data-problem]");
          note.textContent = err.message;
          note.hidden = false;
        });
    });
  });
  window.addEventListener("pagehide", function () {
    document.querySelectorAll("[data-secret]").forEach(function (el) { el.textContent = ""; });
  });

  // A certificate's file is read here and put into the form as text. One with a
  // private key in it is not: that must not leave the machine.
  document.querySelectorAll("[data-read-into]").forEach(function (input) {
    input.addEventListener("change", function () {
      var file = input.files[0], note = input.parentNode.querySelector("[data-problem]");
      note.hidden = true;
      if (!file) { return; }
      var refuse = function (words) { input.value = ""; note.textContent = words; note.hidden = false; };
      if (file.size > 65536) { return refuse("This file is too large for a certificate."); }
      file.arrayBuffer().then(function (buffer) {
        var text = Array.from(new Uint8Array(buffer), function (b) { return String.fromCharCode(b); }).join("");
        if (/PRIVATE KEY/.test(text) || /\.(pfx|p12|key)$/i.test(file.name)) {
          return refuse("This file holds a private key, and was not read: give the certificate alone.");
        }
        var into = document.querySelector(input.getAttribute("data-read-into"));
        into.value = /-----BEGIN/.test(text) ? text : btoa(text).replace(/(.{64})/g, "$1\n");
        say("The file stands in the field above.");
      });
    });
  });

  // A sign-in that is finished elsewhere: the form asks as often as it may, and
  // leads on when there is something to be led to.
  document.querySelectorAll("form[data-poll]").forEach(function (form) {
    var later = function (seconds) { timer = setTimeout(ask, 1000 * seconds); };
    var ask = function () {
      fetch(form.action, { method: "POST", headers: { "Accept": "application/json" }, credentials: "same-origin", cache: "no-store" })
        .then(function (r) { return r.ok ? r.json() : { go: location.href }; })
        .then(function (r) { if (r.go) { location.replace(r.go); } else { later(r.again); } })
        .catch(function () { later(10); });
    };
    var timer = 0;
    later(Number(form.getAttribute("data-poll")));
    window.addEventListener("pagehide", function () { clearTimeout(timer); });
  });

  // Microsoft's page opens in a window of its own; when that closes without
  // an answer having come, the console is told.
  document.addEventListener("click", function (e) {
    var a = e.target.closest("a[data-popup]");
    if (!a) { return; }
    var w = window.open(a.href, "consent-test", "popup,width=520,height=720");
    if (!w) { return; } // blocked: the link opens as a link
    e.preventDefault();
    var closedAt = a.getAttribute("data-closed");
    var timer = setInterval(function () {
      if (!w.closed) { return; }
      clearInterval(timer);
      fetch(closedAt, { method: "POST", credentials: "same-origin" });
    }, 500);
    window.addEventListener("pagehide", function () { clearInterval(timer); });
  });
  // Where that window comes back to: it closes, or leads on when the page it
  // was opened from is out of reach.
  var closer = document.querySelector("[data-close-window]");
  if (closer) {
    if (window.opener) { window.close(); } else { location.replace(closer.getAttribute("data-close-window")); }
  }

  // Focus goes to what changed.
  var focus = document.querySelector("[data-focus]");
  if (focus) { focus.focus(); }
})();
