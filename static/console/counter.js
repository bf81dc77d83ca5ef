// The counter. Without this script the pages work as well: type or scan, and press Enter.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
});

// Back from the page after it: the form is there to be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-once]")) delete form.dataset.sent;
});

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  for (const form of document.querySelectorAll("[data-scan]")) {
    catchScanner(form.elements.text);
    offerCamera(form);
  }
});

// A scanner types wherever the cursor is: into the field, even when nothing has it.
function catchScanner(field) {
  field.focus();
  document.addEventListener("keydown", (event) => {
    const plain = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (plain && document.activeElement === document.body) field.focus();
  });
}

function offerCamera(form) {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return;
  const open = form.querySelector("[data-scan-open]");
  const dialog = form.querySelector("[data-scan-dialog]");
  const video = dialog.querySelector("video");
  const status = dialog.querySelector("[data-scan-status]");
  let stream = null;

  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  };
  const found = (text) => {
    form.elements.text.value = text;
    dialog.close();
    form.requestSubmit();
  };
  const look = async (detector) => {
    while (stream) {
      const codes = await detector.detect(video).catch(() => []);
      if (stream && codes.length) return found(codes[0].rawValue);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };

  open.hidden = false;
  open.addEventListener("click", async () => {
    dialog.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (!dialog.open) return stop();
      video.srcObject = stream;
      video.play().catch(() => {});
      await look(new BarcodeDetector({ formats: ["qr_code", "code_128", "code_39", "ean_13"] }));
    } catch {
      stop();
      status.textContent = dialog.dataset.refused;
    }
  });
  dialog.querySelector("[data-scan-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);
}
