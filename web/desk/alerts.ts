/** Calling the agent's attention: two soft tones, and the title of the tab. Both can be turned off;
 *  the title stands still for those who prefer less motion. */
import { flash, sound } from './prefs';

let audio: AudioContext | null = null;

/** Must be called once from a click or key press: browsers play nothing before that. */
export function wakeSound(): void {
  if (typeof AudioContext === 'undefined') return;
  audio ??= new AudioContext();
  void audio.resume().catch(() => undefined);
}

function tone(context: AudioContext, hz: number, after: number, length: number, loudness: number): void {
  const at = context.currentTime + after;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loudness, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
  gain.connect(context.destination);
  const source = context.createOscillator();
  source.frequency.value = hz;
  source.connect(gain);
  source.start(at);
  source.stop(at + length);
}

/** `offer`: someone is waiting for an answer; `message`: a line in a conversation not in sight. */
export function chime(kind: 'offer' | 'message'): void {
  if (!sound.peek() || !audio || audio.state !== 'running') return;
  if (kind === 'message') return tone(audio, 660, 0, 0.25, 0.06);
  tone(audio, 587, 0, 0.5, 0.16);
  tone(audio, 880, 0.18, 0.7, 0.16);
}

const still = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
let timer: ReturnType<typeof setInterval> | undefined;

/** The title of the tab; with `call` it alternates until the next call of this function. */
export function showTitle(base: string, call: string | null): void {
  clearInterval(timer);
  timer = undefined;
  if (!call) {
    document.title = base;
    return;
  }
  document.title = call;
  if (!flash.peek() || still()) return;
  let on = true;
  timer = setInterval(() => {
    on = !on;
    document.title = on ? call : base;
  }, 1000);
}
