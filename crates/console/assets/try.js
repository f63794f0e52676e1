// "Try it": pictures from the camera or a file, checks while the camera runs, one call, its answer. Pictures go to this
// server only, and nothing of them is left when the page is.
(() => {
  "use strict";

  const page = document.getElementById("try");
  if (!page) return;
  const { guidance, answer } = globalThis;

  // Enough for every check, and quick on a phone's line.
  const LIVE_SIDE_PX = 640;
  const LIVE_QUALITY = 0.85;
  const LIVE_EVERY_MS = 700;
  // When the checks do not answer, they are asked for less often.
  const LIVE_AGAIN_MS = 3000;
  // All well for so long, and the picture is taken, where that was asked for.
  const AUTO_MS = 1000;
  const QUALITY = 0.92;
  const TYPES = ["image/jpeg", "image/png", "image/webp"];
  const BYTES_MAX = Number(page.dataset.imageBytesMax);
  const READY = "Very good. Take the picture.";

  const CAMERA_FAULTS = {
    NotAllowedError: "The browser does not let this page use the camera. Allow it at the left end of the address bar, or choose a file.",
    SecurityError: "The browser does not let this page use the camera. Choose a file instead.",
    NotFoundError: "There is no camera. Choose a file instead.",
    OverconstrainedError: "There is no camera. Choose a file instead.",
    NotReadableError: "Another program is using the camera. Close it and try again, or choose a file.",
    AbortError: "The camera did not start. Try again, or choose a file.",
  };

  const byId = (id) => document.getElementById(id);
  const form = byId("try-form");
  const send = byId("send");

  /** Calls the API through this server; `live` marks a check that costs nothing. */
  function call(method, path, body, { live = false, signal } = {}) {
    const headers = { "X-CSRF-Token": page.dataset.csrf };
    if (body) headers["Content-Type"] = "application/json";
    if (live) headers["X-Live"] = "1";
    // A session that has ended is sent to the sign-in page, which is no answer.
    return fetch("/console/try/api/" + path, { method, headers, body, signal, redirect: "manual", cache: "no-store" });
  }

  function base64(blob) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(blob);
    });
  }

  const chosen = () => form.querySelector("input[name=action]:checked");
  const isProbe = () => chosen().dataset.probe === "true";

  /** A place for one picture: camera, file, preview, and what the checks say about it. */
  class Picture {
    constructor(root) {
      const find = (selector) => root.querySelector(selector);
      this.root = root;
      this.video = find("video");
      this.image = find("img");
      this.stage = find("[data-stage]");
      this.empty = find("[data-empty]");
      this.hint = find("[data-hint]");
      this.meters = find("[data-meters]");
      this.note = find("[data-probe-note]");
      this.problem = find("[data-problem]");
      this.auto = find("[data-auto]");
      this.file = find("input[type=file]");
      this.buttons = Object.fromEntries([...root.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));
      this.facing = "user";
      this.clear();
      this.listen();
    }

    listen() {
      const { camera, file, shoot, stop } = this.buttons;
      camera.addEventListener("click", () => this.start());
      shoot.addEventListener("click", () => this.shoot());
      stop.addEventListener("click", () => this.clear());
      this.buttons.switch.addEventListener("click", () => {
        this.facing = this.facing === "user" ? "environment" : "user";
        this.start();
      });
      file.addEventListener("click", () => this.file.click());
      this.file.addEventListener("change", () => {
        if (this.file.files[0]) this.take(this.file.files[0]);
        // The same file chosen again is a change, too.
        this.file.value = "";
      });
      for (const kind of ["dragenter", "dragover"]) this.root.addEventListener(kind, () => this.stage.classList.add("is-over"));
      for (const kind of ["dragleave", "drop"]) this.root.addEventListener(kind, () => this.stage.classList.remove("is-over"));
      this.root.addEventListener("drop", (event) => {
        if (event.dataTransfer.files[0]) this.take(event.dataTransfer.files[0]);
      });
    }

    /** What is shown: `empty`, `camera` or `image`. */
    show(what) {
      const isCamera = what === "camera";
      this.video.hidden = !isCamera;
      this.image.hidden = what !== "image";
      this.empty.hidden = what !== "empty";
      for (const name of ["shoot", "stop"]) this.buttons[name].hidden = !isCamera;
      for (const name of ["camera", "file"]) this.buttons[name].hidden = isCamera;
      this.buttons.switch.hidden = true;
      this.auto.hidden = !isCamera;
      this.buttons.camera.textContent = what === "image" ? "Take another" : "Use camera";
      this.stage.classList.remove("is-ready");
      this.say("");
      this.hint.textContent = "";
      this.meters.replaceChildren();
      this.meters.hidden = this.note.hidden = true;
    }

    say(text) {
      this.problem.textContent = text;
      this.problem.hidden = !text;
    }

    /** Ends what is under way: the camera, and a check that is on its way. */
    halt() {
      clearTimeout(this.timer);
      this.check?.abort();
      this.stream?.getTracks().forEach((track) => track.stop());
      this.timer = this.check = this.stream = null;
      this.video.srcObject = null;
    }

    clear() {
      this.halt();
      // The answer was to the picture that goes.
      byId("result").hidden = true;
      if (this.image.src) URL.revokeObjectURL(this.image.src);
      this.image.removeAttribute("src");
      this.blob = null;
      this.name = "";
      this.show("empty");
    }

    /** Takes a file, or what the camera saw. */
    take(blob, name = blob.name) {
      this.clear();
      if (blob.type && !TYPES.includes(blob.type)) return this.say("This is no JPEG, PNG or WebP.");
      if (blob.size === 0) return this.say("This file is empty.");
      if (blob.size > BYTES_MAX) return this.say(`This file is larger than ${Math.floor(BYTES_MAX / (1 << 20))} MiB.`);
      this.blob = blob;
      this.name = name || "face.jpg";
      this.image.src = URL.createObjectURL(blob);
      this.image.alt = "The picture to be sent: " + this.name;
      this.show("image");
      send.focus({ preventScroll: true });
    }

    async start() {
      this.clear();
      // Browsers give cameras to pages that nobody on the way can have changed.
      if (!navigator.mediaDevices) return this.say("The camera works on pages with https only, or on this very machine. Choose a file instead.");
      for (const picture of pictures) if (picture.stream) picture.clear();
      try {
        const wish = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 960 } };
        const stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
        // Meanwhile something else may have been chosen.
        if (this.blob || this.stream || this.root.hidden) return stream.getTracks().forEach((track) => track.stop());
        this.stream = stream;
        this.video.srcObject = stream;
        await this.video.play();
        await this.begin();
      } catch (error) {
        this.clear();
        this.say(CAMERA_FAULTS[error.name] || "The camera cannot be used: " + error.message);
      }
    }

    async begin() {
      const [track] = this.stream.getVideoTracks();
      // One sees oneself as in a mirror; what stands before the camera of a phone's back, one does not.
      this.video.classList.toggle("is-mirrored", track.getSettings().facingMode !== "environment");
      track.addEventListener("ended", () => {
        this.clear();
        this.say("The camera has gone. Use it again, or choose a file.");
      });
      this.show("camera");
      this.hint.textContent = "Look into the camera";
      this.steady = guidance.steady();
      this.readySince = null;
      this.buttons.shoot.focus({ preventScroll: true });
      this.live();
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.buttons.switch.hidden = !this.stream || devices.filter((device) => device.kind === "videoinput").length < 2;
    }

    /** What the camera sees now, as it is and not as in the mirror. */
    frame(sideMax, quality) {
      const { videoWidth: width, videoHeight: height } = this.video;
      const scale = Math.min(1, sideMax / Math.max(width, height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
      return new Promise((resolve, reject) => {
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
      });
    }

    async shoot() {
      if (!this.stream || !this.video.videoWidth) return;
      const stream = this.stream;
      const blob = await this.frame(Infinity, QUALITY);
      if (this.stream === stream) this.take(blob, "face.jpg");
    }

    /** One check after the other, never two at once, and none while nobody looks. */
    async live() {
      const { stream } = this;
      const begun = performance.now();
      let pause = LIVE_EVERY_MS;
      if (!document.hidden && this.video.videoWidth) {
        this.check = new AbortController();
        try {
          pause = await this.ask(this.check.signal);
        } catch (_) {
          // Given up because the camera is off, or the server cannot be reached.
          pause = LIVE_AGAIN_MS;
        }
      }
      if (!stream || this.stream !== stream) return;
      if (pause === null) return;
      this.timer = setTimeout(() => this.live(), Math.max(50, begun + pause - performance.now()));
    }

    /** Has the current frame checked; after which time the next one is to be, or `null` for never. */
    async ask(signal) {
      const image = await base64(await this.frame(LIVE_SIDE_PX, LIVE_QUALITY));
      const response = await call("POST", "person/check-face", JSON.stringify({ faceImage: image }), { live: true, signal });
      if (response.ok) {
        const checked = await response.json();
        if (!signal.aborted) this.judge(checked);
        return LIVE_EVERY_MS;
      }
      if (response.status === 429) return 1000 * Number(response.headers.get("Retry-After") || 1);
      this.readySince = null;
      this.stage.classList.remove("is-ready");
      this.hint.textContent = "There is no advice right now. You can take the picture all the same.";
      const isOver = response.type === "opaqueredirect" || response.status === 403 || response.status === 409;
      return isOver ? null : LIVE_AGAIN_MS;
    }

    judge(checked) {
      const text = this.steady(guidance.hint(checked, isProbe()) || READY);
      if (this.hint.textContent !== text) this.hint.textContent = text;
      const isReady = text === READY && guidance.isReady(checked, isProbe());
      this.stage.classList.toggle("is-ready", isReady);
      this.note.hidden = !isProbe();
      this.meters.hidden = false;
      this.meters.replaceChildren(...guidance.meters(checked.checks).map(meter));
      this.readySince = isReady ? (this.readySince ?? performance.now()) : null;
      const wants = this.auto.querySelector("input").checked;
      if (wants && isReady && performance.now() - this.readySince >= AUTO_MS) this.shoot();
    }
  }

  function element(name, text, className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function meter({ name, isOk, says }) {
    const item = element("li", "", isOk ? "is-ok" : "is-not-ok");
    item.append(element("span", name, "meter-name"), element("span", isOk ? "ok" : "not ok", "meter-state"));
    if (says) item.append(element("span", says, "meter-says"));
    return item;
  }

  const pictures = [...document.querySelectorAll("[data-picture]")].map((root) => new Picture(root));
  const used = () => pictures.slice(0, Number(chosen().dataset.images));

  /** Shows what the chosen action needs. */
  function choose() {
    const { says, needsId, images } = chosen().dataset;
    byId("says").textContent = says;
    byId("person-field").hidden = needsId !== "true";
    byId("pictures").hidden = images === "0";
    byId("pictures").classList.toggle("is-pair", images === "2");
    byId("person-problem").hidden = true;
    pictures.forEach((picture, i) => {
      picture.root.hidden = i >= Number(images);
      if (picture.root.hidden) picture.clear();
    });
  }

  function problem(text) {
    byId("person-problem").textContent = text;
    byId("person-problem").hidden = !text;
    byId("person").setAttribute("aria-invalid", String(Boolean(text)));
  }

  /** What is missing, said where it is missing; whether nothing is. */
  function isComplete() {
    const needsId = chosen().dataset.needsId === "true";
    const person = byId("person").value.trim();
    const wrong = !needsId || /^[A-Za-z0-9._~@:+-]{1,128}$/.test(person) ? "" : person ? "A person id has none but these characters." : "Give a person id.";
    problem(wrong);
    if (wrong) byId("person").focus();
    const missing = used().filter((picture) => !picture.blob);
    for (const picture of missing) picture.say(picture.stream ? "Take the picture first." : "A picture is missing.");
    return !wrong && missing.length === 0;
  }

  function isSure(person) {
    if (chosen().value !== "remove") return Promise.resolve(true);
    const dialog = byId("sure");
    byId("sure-person").textContent = person;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }

  async function submit() {
    if (!isComplete()) return;
    const action = chosen();
    const person = action.dataset.needsId === "true" ? byId("person").value.trim() : "";
    if (!(await isSure(person))) return;
    const sent = used();
    send.disabled = true;
    byId("wait").textContent = "Sending…";
    try {
      const images = await Promise.all(sent.map((picture) => base64(picture.blob)));
      const [faceImage, targetImage] = images;
      const body = [undefined, { faceImage }, { sourceImage: faceImage, targetImage }][images.length];
      const begun = performance.now();
      const response = await call(action.dataset.method, action.dataset.path + encodeURIComponent(person), body && JSON.stringify(body));
      // Signing in leads back here.
      if (response.type === "opaqueredirect") return location.reload();
      const text = await response.text();
      show(action, person, sent, response, text, performance.now() - begun);
      byId("wait").textContent = "";
    } catch (_) {
      byId("wait").textContent = "The server cannot be reached. Try again.";
    } finally {
      send.disabled = false;
    }
  }

  function show(action, person, sent, response, text, tookMs) {
    const { verdict, explains, mood, json, failures } = answer.read(action.value, response.status, text, guidance);
    const result = byId("result");
    result.className = `card result is-${mood}`;
    byId("verdict").textContent = verdict;
    byId("explains").textContent = explains;
    showFailures(failures);
    showNext(action, mood, json, person);
    byId("status").textContent = [response.status, json?.code, json?.type].filter(Boolean).join("  ");
    byId("request-id").textContent = response.headers.get("Request-Id") || "–";
    byId("took").textContent = `${Math.round(tookMs)} ms, the way here and back included`;
    const isPage = !json && text !== "";
    byId("answer").textContent = json ? JSON.stringify(json, null, 2) : isPage ? "(no JSON: the back-office refused it before the API saw it)" : "(empty)";
    byId("curl").textContent = answer.curl(action.dataset.curl, encodeURIComponent(person), sent.map((picture) => picture.name));
    result.hidden = false;
    result.focus({ preventScroll: true });
    result.scrollIntoView({ block: "nearest" });
  }

  function showFailures(failures) {
    const rows = failures.map((failure) => {
      const row = document.createElement("tr");
      const head = element("th", guidance.name(failure.check));
      head.scope = "row";
      if (failure.code) {
        const code = element("a", failure.code, "small");
        code.href = "/docs/errors#" + encodeURIComponent(failure.code);
        head.append(" ", code);
      }
      row.append(head);
      const cells = { Measured: guidance.value(failure), Accepted: guidance.accepted(failure) || "–", "What to do": guidance.advice(failure) || "–" };
      for (const [label, says] of Object.entries(cells)) row.insertCell().append(says), (row.lastChild.dataset.label = label);
      return row;
    });
    byId("failures").querySelector("tbody").replaceChildren(...rows);
    // A face that is enrolled already has no number.
    byId("failures").hidden = !failures.some((failure) => failure.check in guidance.MEASURES);
  }

  function showNext(action, mood, json, person) {
    const steps = answer.next(action.value, mood, json).map(({ label, action: word }) => {
      const button = element("button", label);
      button.type = "button";
      button.addEventListener("click", () => {
        form.querySelector(`input[name=action][value=${word}]`).checked = true;
        choose();
        byId("result").hidden = true;
        (byId("person-field").hidden || byId("person").value ? send : byId("person")).focus();
      });
      return button;
    });
    const known = mood === "good" && json?.personId;
    if (known) {
      const link = element("a", "Look at " + known);
      link.href = "/console/persons/" + encodeURIComponent(known);
      steps.push(link);
      byId("person").value = known;
    }
    if (!known && json?.code) {
      const link = element("a", "About " + json.code);
      link.href = "/docs/errors#" + encodeURIComponent(json.code);
      steps.push(link);
    }
    byId("next").replaceChildren(...steps);
    byId("next").hidden = steps.length === 0;
  }

  /** Forgets everything: what is left behind can be looked at by whoever comes back with the browser's own button. */
  function forget() {
    pictures.forEach((picture) => picture.clear());
    byId("result").hidden = true;
    for (const id of ["answer", "curl", "verdict", "explains", "request-id"]) byId(id).textContent = "";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "action") return;
    choose();
    // The answer was to something else.
    byId("result").hidden = true;
  });
  byId("person").addEventListener("input", () => problem(""));
  // A picture that misses its place must not replace the page.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
    const place = used().find((picture) => !picture.blob) || used()[0];
    if (pasted && place) place.take(pasted);
  });
  addEventListener("pagehide", forget);
  choose();
  page.hidden = false;
})();
