/** Camera and microphone: opening them, naming what went wrong, measuring the microphone. */
import { signal, type Signal } from '@preact/signals';

export type DeviceFault = 'denied' | 'missing' | 'busy' | 'insecure' | 'other';

/** Why no device could be opened; `kind` picks the help text (`video.<kind>`). */
export class DeviceError extends Error {
  constructor(readonly kind: DeviceFault, cause?: unknown) {
    super(kind, { cause });
  }
}

export interface DeviceChoice { audioId?: string; videoId?: string }

const FAULTS: Record<string, DeviceFault> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

const audioOf = (id?: string): MediaTrackConstraints => ({
  echoCancellation: true, noiseSuppression: true, autoGainControl: true,
  ...(id ? { deviceId: { exact: id } } : {}),
});

const videoOf = (id?: string): MediaTrackConstraints => ({
  width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 }, facingMode: 'user',
  ...(id ? { deviceId: { exact: id } } : {}),
});

/**
 * Opens camera and microphone. Without a camera the microphone alone is enough; a remembered device
 * that is gone falls back to the default one. Throws `DeviceError`.
 */
export async function openDevices(choice: DeviceChoice = {}): Promise<MediaStream> {
  const media = globalThis.navigator?.mediaDevices;
  if (!media?.getUserMedia) throw new DeviceError('insecure');
  const attempts: MediaStreamConstraints[] = [
    { audio: audioOf(choice.audioId), video: videoOf(choice.videoId) },
  ];
  if (choice.audioId || choice.videoId) attempts.push({ audio: audioOf(), video: videoOf() });
  attempts.push({ audio: audioOf() });
  let last: DeviceError = new DeviceError('other');
  for (const constraints of attempts) {
    try {
      return await media.getUserMedia(constraints);
    } catch (error) {
      last = new DeviceError(FAULTS[(error as DOMException).name] ?? 'other', error);
      if (last.kind === 'denied') break;
    }
  }
  throw last;
}

/** Opens one device to replace a running track. Throws `DeviceError`. */
export async function openOne(kind: 'audio' | 'video', id?: string): Promise<MediaStreamTrack> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(
      kind === 'audio' ? { audio: audioOf(id) } : { video: videoOf(id) },
    );
    const track = stream.getTracks()[0];
    if (!track) throw new DeviceError('missing');
    return track;
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw new DeviceError(FAULTS[(error as DOMException).name] ?? 'other', error);
  }
}

/** The devices by kind; labels are empty until permission was given. */
export async function listDevices(): Promise<{ audio: MediaDeviceInfo[]; video: MediaDeviceInfo[] }> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return {
    audio: all.filter((d) => d.kind === 'audioinput' && d.deviceId),
    video: all.filter((d) => d.kind === 'videoinput' && d.deviceId),
  };
}

/** Lets go of camera and microphone. */
export function release(stream: MediaStream | null | undefined): void {
  stream?.getTracks().forEach((track) => track.stop());
}

/** Loudness of a stream, 0 to 1, about 15 times a second, until `stop`. */
export class LevelProbe {
  readonly level: Signal<number> = signal(0);
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(stream: MediaStream) {
    if (!stream.getAudioTracks().length || typeof AudioContext === 'undefined') return;
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 512;
    this.context.createMediaStreamSource(stream).connect(analyser);
    void this.context.resume().catch(() => undefined);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
      // -60 dBFS … -10 dBFS onto 0 … 1, quick up and slow down, as meters do.
      const now = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 50));
      this.level.value = Math.max(now, this.level.value * 0.8 - 0.005);
    }, 66);
  }

  stop(): void {
    clearInterval(this.timer);
    void this.context?.close().catch(() => undefined);
    this.context = null;
    this.level.value = 0;
  }
}
