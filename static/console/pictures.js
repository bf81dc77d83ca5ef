// The picture of an ad: uploaded at once, cropped over the server's copy, kept by its uid.
// Only pictures of our own address are shown: the page's policy allows nothing else.
class PictureField {
  constructor(root) {
    this.root = root;
    this.form = root.closest("form");
    this.part = {};
    for (const each of root.querySelectorAll("[data-part]")) this.part[each.dataset.part] = each;
    this.input = root.querySelector("input[type=hidden]");
    this.placements = JSON.parse(root.dataset.placements);
    this.texts = JSON.parse(root.dataset.texts);
    this.select = this.form?.elements[root.dataset.placementField];
    this.picture = JSON.parse(root.dataset.picture);
    this.cropper = this.exact = null;
    this.listen();
    this.show();
    if (this.picture && this.placement && this.picture.placement !== this.placement) this.move();
    else if (this.picture && !this.picture.cut) this.crop();
  }

  get placement() { return this.select?.value ?? ""; }
  get wanted() { return this.placements[this.picture?.placement ?? this.placement]; }

  listen() {
    const { file, again, apply, cancel, stage, whole, x, y, width } = this.part;
    // Unfold looks for a text field beside each file input, and there is none.
    file.hasChangeListener = true;
    file.addEventListener("change", () => { if (file.files[0]) this.upload(file.files[0]); });
    again.addEventListener("click", () => this.crop());
    apply.addEventListener("click", () => this.applyCrop());
    cancel.addEventListener("click", () => { this.close(); this.show(); });
    stage.addEventListener("keydown", (event) => this.press(event));
    whole.addEventListener("cropstart", () => { this.exact = null; });
    for (const field of [x, y, width]) {
      field.addEventListener("change", () => this.place(this.typed()));
      // Enter means "this number", not "save the ad".
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") { event.preventDefault(); this.place(this.typed()); }
      });
      field.addEventListener("input", (event) => event.stopPropagation());
    }
    this.select?.addEventListener("change", () => (this.picture ? this.move() : this.show()));
    this.root.addEventListener("dragover", (event) => event.preventDefault());
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.upload(event.dataTransfer.files[0]);
    });
  }

  // --- talking to the server --------------------------------------------------------------------
  post(address, fields, saying) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    this.say(saying);
    this.busy(true);
    return new Promise((resolve) => {
      const call = new XMLHttpRequest();
      call.open("POST", address);
      call.setRequestHeader("X-CSRFToken", this.form.elements.csrfmiddlewaretoken.value);
      call.upload.addEventListener("progress", (event) => {
        this.part.progress.value = event.total ? (100 * event.loaded) / event.total : 0;
      });
      call.upload.addEventListener("load", () => {
        this.part.progress.removeAttribute("value");
        this.say(this.texts.converting);
      });
      call.addEventListener("loadend", () => { this.busy(false); resolve(this.answer(call)); });
      call.send(body);
    });
  }

  // The picture, or null after its refusal has been shown.
  answer(call) {
    let answer = null;
    try { answer = JSON.parse(call.responseText); } catch { /* a page, or nothing */ }
    if (call.status === 200 && answer?.uid) { this.say(""); return answer; }
    const page = call.status > 0 && call.status < 500;
    this.refuse(answer?.detail ?? (page ? this.texts.ended : this.texts.failed));
    return null;
  }

  async upload(file) {
    this.part.file.value = "";
    if (!this.placement) return this.refuse(this.texts.choosePlacement);
    if (file.size > Number(this.root.dataset.mostBytes)) return this.refuse(this.texts.tooLarge);
    const fields = { placement: this.placement, file };
    this.take(await this.post(this.root.dataset.address, fields, this.texts.uploading));
  }

  async move() {
    this.close();
    const address = `${this.root.dataset.address}${this.picture.uid}/placement/`;
    const moved = await this.post(address, { placement: this.placement }, this.texts.cropping);
    if (moved) this.take(moved);
    else this.take(null);
  }

  async applyCrop() {
    const address = `${this.root.dataset.address}${this.picture.uid}/crop/`;
    this.take((await this.post(address, this.box(), this.texts.cropping)) ?? this.picture, true);
  }

  // A refused upload changes nothing; a refused move leaves no picture that fits.
  take(picture, sameOnRefusal = false) {
    if (sameOnRefusal && picture === this.picture) return;
    if (picture === null && this.picture?.placement === this.placement) return;
    this.picture = picture;
    this.input.value = picture?.uid ?? "";
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    this.close();
    this.show();
    if (picture?.cut) this.say(this.texts.done);
    else if (picture) { this.say(""); this.crop(); }
  }

  // --- what is on the page ----------------------------------------------------------------------
  show() {
    const { shown, image, note, sizes, again, chooseText, hint } = this.part;
    const picture = this.picture;
    shown.hidden = !picture?.cut;
    again.hidden = !picture;
    chooseText.textContent = picture ? this.texts.replace : this.texts.upload;
    hint.textContent = this.placements[this.placement]?.hint ?? "";
    if (picture && !picture.cut) this.say(picture.note);
    if (!picture?.cut) return;
    const first = picture.sizes[0];
    Object.assign(image, { src: first.address, width: first.width, height: first.height });
    note.textContent = picture.note;
    note.hidden = !picture.note;
    sizes.replaceChildren(...picture.sizes.map((size) => {
      const item = document.createElement("li");
      item.textContent = `${size.name} · ${size.width} × ${size.height} · ${size.weight}`;
      return item;
    }));
  }

  say(sentence) {
    this.part.status.textContent = sentence;
    this.part.error.hidden = true;
    this.part.error.textContent = "";
  }

  refuse(sentence) {
    this.say("");
    this.part.error.textContent = sentence;
    this.part.error.hidden = false;
  }

  busy(yes) {
    this.part.progress.hidden = !yes;
    this.part.progress.value = 0;
    for (const each of this.root.querySelectorAll("button, input[type=file]")) each.disabled = yes;
  }

  // --- cropping ---------------------------------------------------------------------------------
  crop() {
    this.close();
    const { cropper, whole, shown, tools, stage } = this.part;
    cropper.hidden = false;
    shown.hidden = tools.hidden = true;
    whole.addEventListener("load", () => this.open(), { once: true });
    whole.src = this.picture.original.address;
    stage.focus({ preventScroll: true });
  }

  open() {
    const start = this.picture.crop;
    this.cropper = new Cropper(this.part.whole, {
      aspectRatio: this.wanted.width / this.wanted.height,
      viewMode: 1,
      autoCropArea: 1,
      dragMode: "none",
      background: false,
      zoomable: false,
      // Both would load the picture in ways that the page's policy forbids.
      checkOrientation: false,
      checkCrossOrigin: false,
      ready: () => { if (start) this.place(start); this.measure(); },
      crop: () => this.measure(),
    });
  }

  close() {
    this.cropper?.destroy();
    this.cropper = this.exact = null;
    this.part.cropper.hidden = true;
    this.part.tools.hidden = false;
  }

  // The frame in whole pixels of the picture, never beyond its edges.
  fit({ x, y, width }) {
    const { original } = this.picture;
    const ratio = this.wanted.width / this.wanted.height;
    const widest = Math.min(original.width, original.height * ratio);
    const wide = Math.round(Math.min(Math.max(width, Math.min(this.wanted.width, widest)), widest));
    const high = Math.min(Math.round(wide / ratio), original.height);
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
    return {
      x: within(x, original.width - wide), y: within(y, original.height - high),
      width: wide, height: high,
    };
  }

  // What was typed counts to the pixel; what was drawn is as exact as the screen.
  box() { return this.exact ?? this.fit(this.cropper.getData()); }

  typed() {
    const { x, y, width } = this.part;
    return { x: Number(x.value), y: Number(y.value), width: Number(width.value) };
  }

  place(box) {
    this.exact = this.fit(box);
    this.cropper?.setData({ ...this.exact, rotate: 0, scaleX: 1, scaleY: 1 });
    this.measure();
  }

  press(event) {
    const step = event.shiftKey ? 10 : 1;
    const change = {
      ArrowLeft: [-step, 0, 0], ArrowRight: [step, 0, 0], ArrowUp: [0, -step, 0],
      ArrowDown: [0, step, 0], "+": [0, 0, 10], "=": [0, 0, 10], "-": [0, 0, -10], "_": [0, 0, -10],
    }[event.key];
    if (!change || !this.cropper) return;
    event.preventDefault();
    const { x, y, width } = this.box();
    this.place({ x: x + change[0], y: y + change[1], width: width + change[2] });
  }

  measure() {
    if (!this.cropper) return;
    const box = this.box();
    for (const name of ["x", "y", "width"]) this.part[name].value = box[name];
    const scale = Math.min(3, Math.floor(box.width / this.wanted.width));
    const sharp = scale ? this.texts.sharpness.replace("%s", `${scale}×`) : this.texts.small;
    this.part.measure.textContent = `${box.width} × ${box.height} · ${sharp}`;
    this.part.apply.disabled = !scale;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll("[data-picture-field]")) new PictureField(root);
});
