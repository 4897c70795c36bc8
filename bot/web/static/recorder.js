/** Records a voice note where the browser has a microphone, and says kindly where it has none. */

export const NO_MICROPHONE = "这里用不了麦克风。可以传一段录音，或打几个字，选“当语音说”";

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", ""];

export class Recorder {
  constructor() {
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    /** @type {Blob[]} */
    this.pieces = [];
    this.begun = 0;
  }

  get seconds() {
    return this.begun ? (performance.now() - this.begun) / 1000 : 0;
  }

  get recording() {
    return this.recorder !== null;
  }

  /** Raises where there is no microphone, or the person did not allow it. */
  async start() {
    if (!navigator.mediaDevices?.getUserMedia || typeof MediaRecorder === "undefined") {
      throw new Error(NO_MICROPHONE);
    }
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => {
      throw new Error(NO_MICROPHONE);
    });
    const type = TYPES.find((each) => each === "" || MediaRecorder.isTypeSupported(each));
    this.recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    this.pieces = [];
    this.recorder.addEventListener("dataavailable", (event) => this.pieces.push(event.data));
    this.recorder.start();
    this.begun = performance.now();
  }

  /** @returns {Promise<{blob: Blob, seconds: number} | null>} null where nothing was recorded */
  async stop() {
    const recorder = this.recorder;
    if (!recorder) return null;
    const seconds = this.seconds;
    this.recorder = null;
    this.begun = 0;
    const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
    recorder.stop();
    await stopped;
    for (const track of recorder.stream.getTracks()) track.stop();
    const blob = new Blob(this.pieces, { type: recorder.mimeType.split(";")[0] || "audio/webm" });
    return blob.size > 0 ? { blob, seconds } : null;
  }
}
