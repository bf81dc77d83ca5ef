// Takes what the challenge asks for and sends it with the session's own token. Session and token come
// after the # of the address, and are taken out of it at once.
(() => {
  const config = JSON.parse(document.getElementById("liveness-config").textContent);
  const texts = config.texts;
  const at = (id) => document.getElementById(id);
  const given = new URLSearchParams(location.hash.slice(1));
  const session = given.get("session") || "";
  const token = given.get("token") || "";
  history.replaceState(null, "", location.pathname + location.search);

  const ACTION_MS = 2000;
  const COLOUR_MS = 600;
  const POLL_MS = 1200;
  const VIDEO = ["video/mp4;codecs=avc1.42E01E", "video/mp4"];
  let view = null;
  let stream = null;
  let busy = false;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function ask(method, part, options = {}) {
    return fetch(config.sessions + encodeURIComponent(session) + part, {
      method,
      cache: "no-store",
      ...options,
      headers: { Authorization: "Bearer " + token, ...(options.headers || {}) },
    });
  }

  function say(text, isWrong = false) {
    at("say").textContent = text;
    at("say").classList.toggle("live-wrong", isWrong);
  }

  function end(name, isGood = false) {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    view = null;
    at("work").hidden = true;
    at("clock").textContent = "";
    at("end").hidden = false;
    at("mark").classList.toggle("live-good", isGood);
    at("end-title").textContent = texts[name];
    at("end-more").textContent = texts[name + "_more"];
    at("end-title").focus();
  }

  function setBusy(value) {
    busy = value;
    at("go").disabled = value;
    at("choose").classList.toggle("live-busy", value);
    at("file").disabled = value;
  }

  function current() {
    return view.steps[view.next_step - 1];
  }

  function show() {
    const step = current();
    at("work").hidden = false;
    at("step").textContent = view.steps.length > 1 ? fill(texts.step, { step: step.step, steps: view.steps.length }) : "";
    at("task").textContent = texts[step.kind];
    at("attempts").textContent = fill(texts.attempts, { attempts: view.attempts_left });
    const list = at("actions");
    list.replaceChildren();
    (step.actions || step.colours || []).forEach((name, number) => {
      const item = document.createElement("li");
      const count = document.createElement("b");
      count.textContent = number + 1;
      item.append(count);
      if (step.colours) {
        const dot = document.createElement("i");
        dot.className = "live-colour-" + name;
        item.append(dot);
      }
      item.append(texts.words[name] || name);
      list.append(item);
    });
    at("go").textContent = step.kind === "silent" ? texts.shoot : texts.record;
  }

  function mark(number) {
    [...at("actions").children].forEach((item, index) => {
      if (index === number) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }

  // --- Taking -------------------------------------------------------------------------------------
  async function openCamera() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 640, height: 640 }, audio: false });
    } catch (_error) {
      stream = null;
    }
    at("choose").hidden = false;
    if (!stream) {
      say(texts.no_camera);
      return;
    }
    const camera = at("camera");
    camera.srcObject = stream;
    await camera.play();
    camera.hidden = false;
    at("empty").hidden = true;
    at("stage").classList.add("live-on");
    at("go").hidden = false;
  }

  function picture() {
    const camera = at("camera");
    const canvas = document.createElement("canvas");
    canvas.width = camera.videoWidth;
    canvas.height = camera.videoHeight;
    canvas.getContext("2d").drawImage(camera, 0, 0);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  }

  async function guide(step) {
    const names = step.actions || step.colours || [];
    for (let number = 0; number < names.length; number += 1) {
      mark(number);
      if (step.actions) say(fill(texts.recording, { action: texts.words[names[number]] || names[number] }));
      if (step.colours) document.body.className = "live-colour-" + names[number];
      await wait(step.colours ? COLOUR_MS : ACTION_MS);
    }
    document.body.className = "";
    mark(-1);
  }

  async function film(step) {
    const kind = window.MediaRecorder && VIDEO.find((each) => MediaRecorder.isTypeSupported(each));
    if (!kind) {
      // A browser that films no MP4 sends what stands at the end of the movements.
      await guide(step);
      return picture();
    }
    const parts = [];
    const recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: 2500000 });
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.start();
    await guide(step);
    recorder.stop();
    await stopped;
    return new Blob(parts, { type: "video/mp4" });
  }

  // --- Sending ------------------------------------------------------------------------------------
  async function digestOf(bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return "sha-256=:" + btoa(String.fromCharCode(...digest)) + ":";
  }

  async function send(blob, type) {
    if (blob.size > config.max_bytes) {
      say(texts.too_large, true);
      return;
    }
    say(texts.sending);
    const bytes = await blob.arrayBuffer();
    const answer = await ask("PUT", "/capture?step=" + view.next_step, {
      body: bytes,
      headers: { "Content-Type": type, "Content-Digest": await digestOf(bytes) },
    });
    if (answer.status === 202) {
      await follow();
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    const hint = texts.hints[problem.code];
    if (hint) say(hint, true);
    else if (answer.status === 410) end("expired");
    else if (answer.status === 404) end("unknown");
    else if (answer.status >= 500) say(texts.unreachable + " · " + texts.unreachable_more, true);
    else end("refused");
  }

  async function follow() {
    say(texts.checking);
    for (;;) {
      await wait(POLL_MS);
      const answer = await ask("GET", "/progress");
      if (!answer.ok) {
        if (answer.status === 404) return end("unknown");
        continue;
      }
      const next = await answer.json();
      if (next.status === "finished") return end("finished", true);
      if (next.status === "expired") return end("expired");
      if (next.status === "processing") continue;
      view = next;
      show();
      say(next.hint ? texts.hints[next.hint] || texts.again : "", Boolean(next.hint));
      at("task").focus();
      return undefined;
    }
  }

  async function work(take) {
    if (busy || !view) return;
    setBusy(true);
    try {
      await take();
    } catch (_error) {
      if (view) say(texts.unreachable + " · " + texts.unreachable_more, true);
    } finally {
      document.body.className = "";
      setBusy(false);
    }
  }

  at("go").addEventListener("click", () =>
    work(async () => {
      const step = current();
      const blob = step.kind === "silent" ? await picture() : await film(step);
      await send(blob, blob.type);
    }),
  );
  at("file").addEventListener("change", () => {
    const chosen = at("file").files[0];
    at("file").value = "";
    if (!chosen) return;
    if (!["image/jpeg", "image/png", "video/mp4"].includes(chosen.type)) {
      say(texts.wrong_type, true);
      return;
    }
    work(() => send(chosen, chosen.type));
  });

  function tick() {
    if (!view) return;
    const left = Math.max(0, Math.round((new Date(view.expires_at) - Date.now()) / 1000));
    const time = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    at("clock").textContent = fill(texts.left, { time });
    if (left === 0 && !busy) end("expired");
  }

  async function begin() {
    if (!session || !token) return end("unknown");
    let answer;
    try {
      answer = await ask("POST", "/start");
    } catch (_error) {
      return end("unreachable");
    }
    if (answer.status === 410) return end("expired");
    if (answer.status === 404) return end("unknown");
    if (!answer.ok) return end(answer.status >= 500 ? "unreachable" : "refused");
    view = await answer.json();
    if (view.status === "finished") return end("finished", true);
    show();
    setInterval(tick, 500);
    tick();
    await openCamera();
    return view && view.status === "processing" ? work(follow) : undefined;
  }

  begin();
})();
