/**
 * One call, seen from the browser. The media node answers: we make the offer, hand it to `sendOffer`
 * at once (no waiting for candidates: the node learns ours from the first check) and take the answer
 * in `setRemote`. A watchdog notices within 400 ms that packets stopped and restarts ICE; if that
 * does not help it starts over with a fresh connection. Never talks to the network by itself.
 */
import { signal } from '@preact/signals';
import { openOne, release } from './devices';

export type CallPhase = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'ended' | 'failed';

export interface CallOptions {
  /** Always the server's own list: a default would name a foreign STUN server. */
  iceServers: RTCIceServer[];
  /** Sends the SDP offer over the socket; called again for every restart. */
  sendOffer: (sdp: string) => void;
  /** Tells the other side, over the socket, that microphone or camera were switched. */
  sendMedia?: (audio: boolean, video: boolean) => void;
  /** First start-up bitrate for our video, kbit/s. */
  startKbps?: number;
  /** Give up after this long without a connection, ms. */
  giveUpMs?: number;
}

export interface CallStats {
  /** Round-trip time, ms. */
  rtt: number | null;
  kbpsIn: number;
  kbpsOut: number;
  /** Packets lost of those expected on our side, 0 to 1. */
  lossIn: number;
  framesPerSecond: number | null;
  width: number | null;
  height: number | null;
}

const TICK = 100;
/** Silence after which packets count as stopped. */
export const RTP_SILENCE_MS = 400;
const RESTART_PATIENCE = 2_500;

/** Writes a start bitrate for VP8 into the answer, so that the picture is sharp from the start. */
export function withStartBitrate(sdp: string, kbps: number): string {
  return sdp.replace(
    /a=rtpmap:(\d+) VP8\/90000\r?\n/g,
    (line, pt: string) =>
      `${line}a=fmtp:${pt} x-google-start-bitrate=${kbps};x-google-min-bitrate=150\r\n`,
  );
}

export class Call {
  readonly phase = signal<CallPhase>('idle');
  readonly local = signal<MediaStream | null>(null);
  readonly remote = signal<MediaStream | null>(null);
  /** True once a frame of the other side can be shown. */
  readonly remoteVideo = signal(false);
  readonly micOn = signal(true);
  readonly camOn = signal(true);
  readonly stats = signal<CallStats | null>(null);
  /** When the call was first connected, ms since the epoch. */
  readonly since = signal<number | null>(null);
  /** Restarts so far, for quality records. */
  restarts = 0;

  private pc: RTCPeerConnection | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private peerThere = false;
  private packets = -1;
  private lastRtp = 0;
  private lastTick = 0;
  private lastStats = { at: 0, in: 0, out: 0 };
  private troubleSince: number | null = null;
  private nextAttempt = 0;
  private attempts = 0;

  constructor(private readonly options: CallOptions) {}

  /** Takes over a stream opened by the device check and sends the first offer. */
  async start(stream: MediaStream): Promise<void> {
    if (this.phase.value !== 'idle') return;
    this.local.value = stream;
    this.camOn.value = stream.getVideoTracks().some((t) => t.enabled);
    this.micOn.value = stream.getAudioTracks().some((t) => t.enabled);
    this.phase.value = 'connecting';
    this.troubleSince = performance.now();
    addEventListener('online', this.onNetwork);
    this.connection()?.addEventListener?.('change', this.onNetwork);
    this.timer = setInterval(() => void this.tick(), TICK);
    await this.fresh();
  }

  /** The node's answer to our last offer. */
  async setRemote(sdp: string): Promise<void> {
    const pc = this.pc;
    if (!pc || pc.signalingState !== 'have-local-offer') return;
    try {
      const answer = withStartBitrate(sdp, this.options.startKbps ?? 800);
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    } catch {
      // e.g. another node answered with another fingerprint: only a new connection can follow it.
      if (pc === this.pc && !this.over()) await this.fresh();
    }
  }

  /** Whether somebody is on the other side; silence only counts as trouble while there is. */
  setPeer(there: boolean): void {
    if (there !== this.peerThere) this.lastRtp = performance.now();
    if (there && !this.peerThere && !(this.micOn.peek() && this.camOn.peek())) this.tellMedia();
    this.peerThere = there;
    if (!there) {
      this.remoteVideo.value = false;
      this.packets = -1;
    }
  }

  setMic(on: boolean): void {
    this.local.value?.getAudioTracks().forEach((t) => (t.enabled = on));
    this.micOn.value = on && !!this.local.value?.getAudioTracks().length;
    this.tellMedia();
  }

  setCam(on: boolean): void {
    this.local.value?.getVideoTracks().forEach((t) => (t.enabled = on));
    this.camOn.value = on && !!this.local.value?.getVideoTracks().length;
    this.tellMedia();
  }

  /** A muted track still flows, as silence: the other side only knows when it is told. */
  tellMedia(): void {
    this.options.sendMedia?.(this.micOn.peek(), this.camOn.peek());
  }

  /** Changes the camera or microphone in mid-call, without a new negotiation. */
  async switchDevice(kind: 'audio' | 'video', id: string): Promise<void> {
    const track = await openOne(kind, id);
    track.enabled = kind === 'audio' ? this.micOn.value : this.camOn.value;
    const old = this.local.value?.getTracks().filter((t) => t.kind === kind) ?? [];
    const kept = this.local.value?.getTracks().filter((t) => t.kind !== kind) ?? [];
    await this.transceiver(kind)?.sender.replaceTrack(track);
    old.forEach((t) => t.stop());
    this.local.value = new MediaStream([...kept, track]);
  }

  /** Our own hang-up or the server's; lets go of the devices. Harmless twice. */
  end(phase: 'ended' | 'failed' = 'ended'): void {
    if (this.over()) return;
    clearInterval(this.timer);
    removeEventListener('online', this.onNetwork);
    this.connection()?.removeEventListener?.('change', this.onNetwork);
    this.close();
    release(this.local.value);
    this.local.value = null;
    this.remote.value = null;
    this.remoteVideo.value = false;
    this.phase.value = phase;
  }

  /** New ICE credentials on the same connection; the picture freezes only as long as it takes. */
  async restart(): Promise<void> {
    const pc = this.pc;
    if (!pc || this.over()) return;
    this.restarts += 1;
    if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' });
    pc.restartIce();
    await this.offer(pc);
  }

  private over(): boolean {
    return this.phase.value === 'ended' || this.phase.value === 'failed';
  }

  private connection(): EventTarget | undefined {
    return (navigator as Navigator & { connection?: EventTarget }).connection;
  }

  private transceiver(kind: 'audio' | 'video'): RTCRtpTransceiver | undefined {
    return this.pc?.getTransceivers().find((t) => t.receiver.track.kind === kind);
  }

  private close(): void {
    const pc = this.pc;
    this.pc = null;
    if (!pc) return;
    pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
  }

  /** A new connection with the tracks we have. */
  private async fresh(): Promise<void> {
    this.close();
    const pc = new RTCPeerConnection({ iceServers: this.options.iceServers, bundlePolicy: 'max-bundle' });
    this.pc = pc;
    this.packets = -1;
    const incoming = new MediaStream();
    pc.ontrack = ({ track }) => {
      incoming.addTrack(track);
      this.remote.value = new MediaStream(incoming.getTracks());
      if (track.kind === 'video') {
        if (!track.muted) this.remoteVideo.value = true;
        track.onunmute = () => (this.remoteVideo.value = true);
        track.onmute = () => (this.remoteVideo.value = false);
      }
    };
    pc.onconnectionstatechange = () => {
      if (pc === this.pc) this.follow(pc.connectionState);
    };
    const tracks = this.local.value?.getTracks() ?? [];
    for (const kind of ['audio', 'video'] as const) {
      const track = tracks.find((t) => t.kind === kind);
      // Without a device the line is still two-way, so that one can be plugged in later.
      pc.addTransceiver(track ?? kind, { direction: 'sendrecv', streams: this.local.value ? [this.local.value] : [] });
    }
    await this.offer(pc);
  }

  private async offer(pc: RTCPeerConnection): Promise<void> {
    await pc.setLocalDescription();
    if (pc !== this.pc || !pc.localDescription) return;
    this.options.sendOffer(pc.localDescription.sdp);
  }

  private follow(state: RTCPeerConnectionState): void {
    if (this.over()) return;
    if (state === 'connected') {
      this.phase.value = 'connected';
      this.since.value ??= Date.now();
      this.lastRtp = performance.now();
      this.troubleSince = null;
      this.attempts = 0;
    } else if (state === 'failed' || state === 'disconnected') {
      this.trouble(performance.now());
    }
  }

  private readonly onNetwork = (): void => this.trouble(performance.now());

  /** Restarts now, then after 2.5, 5, 10 … s; from the second time on with a fresh connection. */
  private trouble(now: number): void {
    if (this.over()) return;
    this.troubleSince ??= now;
    if (this.phase.value === 'connected') this.phase.value = 'reconnecting';
    if (now < this.nextAttempt) return;
    this.attempts += 1;
    this.nextAttempt = now + RESTART_PATIENCE * 2 ** Math.min(this.attempts - 1, 3);
    const again = this.attempts === 1 ? this.restart() : this.fresh();
    again.catch(() => undefined);
  }

  private async tick(): Promise<void> {
    const pc = this.pc;
    const now = performance.now();
    const late = now - this.lastTick > 5 * TICK;
    this.lastTick = now;
    if (!pc) return;
    if (this.phase.value === 'connecting' || this.phase.value === 'reconnecting') {
      const limit = this.options.giveUpMs ?? 45_000;
      const waited = this.troubleSince === null ? 0 : now - this.troubleSince;
      if (waited > limit) return this.end('failed');
      if (this.phase.value === 'connecting' && waited > 6_000) this.trouble(now);
    }
    if (this.phase.value !== 'connected' && this.phase.value !== 'reconnecting') return;
    const report = await pc.getStats().catch(() => null);
    if (!report || pc !== this.pc || this.over()) return;
    this.watch(report, now, late);
  }

  /** The watchdog: counts packets; `late` ticks (a throttled tab) are not evidence. */
  private watch(report: RTCStatsReport, now: number, late: boolean): void {
    let received = 0, lost = 0, bytesIn = 0, bytesOut = 0;
    const shown: CallStats = { rtt: null, kbpsIn: 0, kbpsOut: 0, lossIn: 0, framesPerSecond: null, width: null, height: null };
    report.forEach((raw: Record<string, unknown>) => {
      const n = (key: string) => Number(raw[key] ?? 0);
      if (raw.type === 'inbound-rtp') {
        received += n('packetsReceived');
        lost += n('packetsLost');
        bytesIn += n('bytesReceived');
        if (raw.kind === 'video') {
          shown.framesPerSecond = (raw.framesPerSecond as number | undefined) ?? null;
          shown.width = (raw.frameWidth as number | undefined) ?? null;
          shown.height = (raw.frameHeight as number | undefined) ?? null;
        }
      } else if (raw.type === 'outbound-rtp') bytesOut += n('bytesSent');
      else if (raw.type === 'candidate-pair' && raw.nominated && raw.currentRoundTripTime !== undefined) {
        shown.rtt = Math.round(n('currentRoundTripTime') * 1000);
      }
    });
    if (received !== this.packets) {
      if (this.packets >= 0 && this.phase.value === 'reconnecting') this.recovered();
      this.packets = received;
      this.lastRtp = now;
    } else if (!late && this.peerThere && received > 0 && now - this.lastRtp > RTP_SILENCE_MS) {
      this.trouble(now);
    }
    if (now - this.lastStats.at < 1000) return;
    const seconds = (now - this.lastStats.at) / 1000;
    shown.kbpsIn = Math.max(0, Math.round(((bytesIn - this.lastStats.in) * 8) / 1000 / seconds));
    shown.kbpsOut = Math.max(0, Math.round(((bytesOut - this.lastStats.out) * 8) / 1000 / seconds));
    shown.lossIn = received + lost > 0 ? Math.max(0, lost) / (received + lost) : 0;
    this.lastStats = { at: now, in: bytesIn, out: bytesOut };
    this.stats.value = shown;
  }

  private recovered(): void {
    this.phase.value = 'connected';
    this.troubleSince = null;
    this.attempts = 0;
  }
}
