// "Try it": pictures from the camera or a file, live checks, one call, its answer. Pictures go to this server only and are
// gone with the page.
(function () {
  "use strict";

  var page = document.getElementById("try");
  if (!page) return;
  page.hidden = false;

  // A picture of the live check is small: enough for every check, and quick on a phone's line.
  var LIVE_SIDE_PX = 640, LIVE_EVERY_MS = 700, LIVE_QUALITY = 0.85;
  // All well for so long, and the picture is taken, where that was asked for.
  var AUTO_MS = 1000;
  // What the API accepts unless it was set up otherwise; more is not even sent.
  var IMAGE_BYTES_MAX = 10 * 1024 * 1024;

  var form = document.getElementById("try-form");
  var guidance = window.guidance;
  var element = function (id) { return document.getElementById(id); };

  function call(method, path, body, live) {
    var headers = { "X-CSRF-Token": page.dataset.csrf };
    if (body) headers["Content-Type"] = "application/json";
    if (live) headers["X-Live"] = "1";
    return fetch("/console/try/api/" + path, { method: method, headers: headers, body: body, credentials: "same-origin", redirect: "manual", signal: live });
  }

  function base64(blob) {
    return new Promise(function (resolve, reject) {
      var reader = new FileReader();
      reader.onload = function () { resolve(reader.result.slice(reader.result.indexOf(",") + 1)); };
      reader.onerror = function () { reject(reader.error); };
      reader.readAsDataURL(blob);
    });
  }

  function blobOf(canvas, quality) {
    return new Promise(function (resolve) { canvas.toBlob(resolve, "image/jpeg", quality); });
  }

  /** One place for a picture: camera, file, preview. */
  function Picture(root) {
    var find = function (selector) { return root.querySelector(selector); };
    var video = find("video"), image = find("img"), empty = find(".stage-empty"), hint = find(".stage-hint");
    var list = find(".verdicts"), problem = find("[data-problem]"), file = find("input[type=file]");
    var camera = find("[data-do=camera]"), shoot = find("[data-do=shoot]"), auto = find("[data-auto]");
    var self = { blob: null, name: "", root: root };
    var stream = null, timer = null, busy = null, well = 0, steady = null;

    function say(text) {
      problem.textContent = text;
      problem.hidden = !text;
    }

    function show(what) {
      video.hidden = what !== "video";
      image.hidden = what !== "image";
      empty.hidden = what !== "";
      shoot.hidden = auto.hidden = what !== "video";
      camera.hidden = what === "video";
      camera.textContent = what === "image" ? "Take another" : "Use camera";
      if (what !== "video") { hint.hidden = true; list.hidden = true; }
    }

    self.stop = function () {
      clearTimeout(timer);
      if (busy) busy.abort();
      if (stream) stream.getTracks().forEach(function (track) { track.stop(); });
      stream = timer = busy = null;
      video.srcObject = null;
      if (!self.blob) show("");
    };

    self.take = function (blob, name) {
      self.blob = null;
      self.stop();
      if (blob.size > IMAGE_BYTES_MAX) return say("This file is larger than 10 MiB.");
      say("");
      self.blob = blob;
      self.name = name;
      if (image.src) URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(blob);
      image.alt = "The picture that is sent: " + name;
      show("image");
    };

    function start() {
      if (!navigator.mediaDevices) return say("This browser gives pages no camera without https. Choose a file instead.");
      say("");
      var wish = { video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };
      navigator.mediaDevices.getUserMedia(wish).then(function (given) {
        stream = given;
        self.blob = null;
        video.srcObject = given;
        steady = guidance.steady();
        well = 0;
        show("video");
        return video.play().then(live);
      }).catch(function (error) {
        self.stop();
        var texts = {
          NotAllowedError: "The browser may not use the camera. Allow it in the address bar, or choose a file.",
          NotFoundError: "There is no camera. Choose a file instead.",
          NotReadableError: "Another program uses the camera. Close it, or choose a file.",
        };
        say(texts[error.name] || "The camera cannot be used: " + error.message);
      });
    }

    function frame(side) {
      var scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight, 1));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      return canvas;
    }

    function snap() {
      blobOf(frame(Infinity), 0.92).then(function (blob) { if (blob) self.take(blob, "face.jpg"); });
    }

    // One check after the other, never two at once; none while nobody looks.
    function live() {
      if (!stream) return;
      if (document.hidden || !video.videoWidth) { timer = setTimeout(live, LIVE_EVERY_MS); return; }
      var begun = Date.now();
      busy = new AbortController();
      blobOf(frame(LIVE_SIDE_PX), LIVE_QUALITY).then(base64).then(function (text) {
        return call("POST", "person/check-face", JSON.stringify({ faceImage: text }), busy.signal);
      }).then(function (answer) {
        return answer.ok ? answer.json() : null;
      }).then(function (checked) {
        if (checked && stream) judge(checked);
      }).catch(function () {
        // Aborted, or the server is away: the next one tells.
      }).then(function () {
        if (stream) timer = setTimeout(live, Math.max(50, LIVE_EVERY_MS - (Date.now() - begun)));
      });
    }

    function judge(checked) {
      var text = steady(guidance.hint(checked.checks) || "Very good. Take the picture.");
      if (hint.textContent !== text) hint.textContent = text;
      hint.hidden = false;
      hint.classList.toggle("is-well", checked.accepted);
      verdicts(list, checked.checks);
      well = checked.accepted ? well || Date.now() : 0;
      if (well && Date.now() - well >= AUTO_MS && auto.querySelector("input").checked) snap();
    }

    camera.addEventListener("click", start);
    shoot.addEventListener("click", snap);
    file.addEventListener("change", function () { if (file.files[0]) self.take(file.files[0], file.files[0].name); file.value = ""; });
    root.addEventListener("dragover", function (event) { event.preventDefault(); });
    root.addEventListener("drop", function (event) {
      event.preventDefault();
      var dropped = event.dataTransfer.files[0];
      if (dropped) self.take(dropped, dropped.name);
    });
    self.say = say;
    return self;
  }

  function verdicts(list, checks) {
    var shown = checks.filter(function (check) { return check.min != null || check.max != null; });
    list.hidden = false;
    while (list.children.length > shown.length) list.lastChild.remove();
    shown.forEach(function (check, i) {
      var item = list.children[i] || list.appendChild(document.createElement("li"));
      item.className = check.passed ? "is-well" : "";
      item.textContent = (check.passed ? "✓ " : "✗ ") + guidance.name(check.check);
      item.title = guidance.measured(check);
    });
  }

  var pictures = Array.prototype.map.call(document.querySelectorAll("[data-picture]"), Picture);

  function chosen() { return form.querySelector("input[name=action]:checked"); }

  function choose() {
    var action = chosen(), count = Number(action.dataset.images);
    element("says").textContent = action.dataset.says;
    element("person-field").hidden = action.dataset.id !== "true";
    element("pictures").hidden = count === 0;
    pictures.forEach(function (picture, i) {
      picture.root.hidden = i >= count;
      if (i >= count) picture.stop();
    });
  }

  var CURL_IMAGES = {
    1: function (names, url, method) {
      return "printf '{\"faceImage\":\"%s\"}' \"$(base64 < " + names[0] + " | tr -d '\\n')\" |\n  curl -X " + method + " -H \"Api-Key: $KEY\" -H 'Content-Type: application/json' -d @- '" + url + "'";
    },
    2: function (names, url, method) {
      return "printf '{\"sourceImage\":\"%s\",\"targetImage\":\"%s\"}' \"$(base64 < " + names[0] + " | tr -d '\\n')\" \"$(base64 < " + names[1] + " | tr -d '\\n')\" |\n  curl -X " + method + " -H \"Api-Key: $KEY\" -H 'Content-Type: application/json' -d @- '" + url + "'";
    },
  };

  function curl(action, path, names) {
    var url = page.dataset.base + "/" + path;
    var quoted = names.map(function (name) { return /^[\w.-]+$/.test(name) ? name : "'" + name.replace(/'/g, "'\\''") + "'"; });
    var make = CURL_IMAGES[names.length];
    return make ? make(quoted, url, action.dataset.method) : "curl -X " + action.dataset.method + " -H \"Api-Key: $KEY\" '" + url + "'";
  }

  function verdict(action, status, json) {
    var word = action.value, who = json && json.personId;
    if (status === 200) {
      return {
        check: function () { return json.accepted ? "This image would do for an enrolment" : "This image would be refused"; },
        enrol: function () { return who + " is enrolled"; },
        replace: function () { return "The reference of " + who + " is replaced"; },
        verify: function () { return "Yes, this is " + who; },
        identify: function () { return "This is " + who; },
        compare: function () { return json.facesMatched > 0 ? "The same person: " + json.facesMatched + " % similar" : "Not the same person"; },
        get: function () { return who + " is enrolled"; },
        remove: function () { return "The person is removed and forgotten"; },
      }[word]();
    }
    var type = json && json.type;
    if (type === "face_not_matched") return "No, this is somebody else";
    if (type === "person_not_found") return "Nobody is enrolled under this id";
    if (type === "no_person_matched") return "Nobody who is enrolled looks like this";
    return json && json.message ? json.message : status === 429 ? "Too fast: wait a moment" : "It did not work";
  }

  function explain(json) {
    var rows = element("failed").querySelector("tbody");
    rows.textContent = "";
    var details = (json && (json.checks ? guidance.failed(json.checks) : json.details)) || [];
    details.forEach(function (detail) {
      var row = rows.insertRow();
      var head = document.createElement("th");
      head.scope = "row";
      head.textContent = guidance.name(detail.check) + (detail.code ? " (" + detail.code + ")" : "");
      row.appendChild(head);
      var measured = row.insertCell(), advice = row.insertCell();
      measured.dataset.label = "Measured";
      measured.textContent = guidance.measured(detail) || "–";
      advice.dataset.label = "What to do";
      var link = document.createElement("a");
      link.href = "/docs/errors#" + (detail.code || "");
      link.textContent = "About " + detail.code;
      if (detail.advice) advice.textContent = detail.advice;
      else if (detail.code) advice.appendChild(link);
    });
    element("failed").hidden = !details.length;
  }

  function show(action, path, names, answer, text, tookMs) {
    var json = null;
    try { json = JSON.parse(text); } catch (_) { /* An empty answer, or a page of the back-office. */ }
    var isJson = json !== null || text === "";
    element("verdict").textContent = verdict(action, answer.status, json);
    var badge = element("status");
    badge.textContent = answer.status + (json && json.code ? " " + json.code : "");
    badge.className = "badge " + (answer.ok && !(json && json.accepted === false) ? "success" : answer.status >= 500 ? "danger" : "warning");
    element("explains").textContent = json && json.code ? json.code + ": " + json.message + "." : "";
    explain(json);
    element("request-id").textContent = answer.headers.get("Request-Id") || "–";
    element("took").textContent = Math.round(tookMs) + " ms, the way here and back included";
    element("answer").textContent = json ? JSON.stringify(json, null, 2) : isJson ? "(empty)" : "(a page, no JSON: is the organisation suspended?)";
    element("curl").textContent = curl(action, path, names);
    var result = element("result");
    result.hidden = false;
    result.focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var action = chosen(), count = Number(action.dataset.images), used = pictures.slice(0, count);
    var missing = used.filter(function (picture) { return !picture.blob; })[0];
    if (missing) return missing.say("A picture is missing: use the camera, or choose a file.");
    var path = action.dataset.path + (action.dataset.id === "true" ? encodeURIComponent(element("person").value.trim()) : "");
    var send = element("send"), wait = element("wait"), begun;
    send.disabled = true;
    wait.textContent = "Sending…";
    Promise.all(used.map(function (picture) { return base64(picture.blob); })).then(function (texts) {
      var body = { 0: null, 1: { faceImage: texts[0] }, 2: { sourceImage: texts[0], targetImage: texts[1] } }[count];
      begun = performance.now();
      return call(action.dataset.method, path, body && JSON.stringify(body));
    }).then(function (answer) {
      // A redirect leads to the sign-in page: the session is over.
      if (answer.type === "opaqueredirect") return location.reload();
      return answer.text().then(function (text) {
        wait.textContent = "";
        show(action, path, used.map(function (picture) { return picture.name; }), answer, text, performance.now() - begun);
      });
    }).catch(function () {
      wait.textContent = "The server cannot be reached. Try again.";
    }).then(function () { send.disabled = false; });
  });

  form.addEventListener("change", function (event) { if (event.target.name === "action") choose(); });
  addEventListener("pagehide", function () { pictures.forEach(function (picture) { picture.stop(); }); });
  choose();
})();
