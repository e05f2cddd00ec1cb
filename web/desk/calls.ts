/**
 * The agent's side of a video consultation. The camera is opened when he goes online for video and the
 * line to the media node is laid while the ticket is still an offer, so that the picture is there the
 * moment he accepts; until then the server lets nobody see him. One call at a time.
 */
import { computed, signal } from '@preact/signals';
import { DeviceError, openDevices, release, type DeviceFault } from '../lib/devices';
import { store } from '../lib/prefs';
import { Call } from '../lib/rtc';
import type { Media, RtcState, Ticket, WireError } from '../lib/types';
import type { DeskState, Status } from './state';

export interface Line { consultation: string; ticket: string }
export type View = 'none' | 'opening' | 'fault' | 'ready' | 'live' | 'over';

export interface CallPort {
  offer: (consultation: string, sdp: string) => void;
  leave: (consultation: string) => void;
  media?: (consultation: string, audio: boolean, video: boolean) => void;
}

/** The consultation a desk should be connected to: that of a conversation, otherwise of an offer. */
export function lineOf(state: DeskState): (Line & { accepted: boolean }) | null {
  const video = (ticket: Ticket): boolean => ticket.media === 'video' && !!ticket.consultation;
  const held = state.held.find((h) => h.ticket.state === 'active' && video(h.ticket));
  if (held) return { consultation: held.ticket.consultation ?? '', ticket: held.ticket.id, accepted: true };
  const offer = state.offers.find((o) => video(o.ticket));
  return offer ? { consultation: offer.ticket.consultation ?? '', ticket: offer.ticket.id, accepted: false } : null;
}

export class Calls {
  /** Camera and microphone, open while online for video. */
  readonly standby = signal<MediaStream | null>(null);
  readonly fault = signal<DeviceFault | null>(null);
  readonly line = signal<(Line & { accepted: boolean }) | null>(null);
  readonly call = signal<Call | null>(null);
  readonly peer = signal<RtcState['peer']>(null);
  readonly large = signal(false);
  /** The call of this ticket is over while its conversation goes on. */
  readonly over = signal<'ended' | 'failed' | null>(null);

  readonly view = computed<View>(() => {
    const line = this.line.value;
    if (!line) return 'none';
    if (this.over.value) return 'over';
    if (this.call.value) return line.accepted ? 'live' : 'ready';
    return this.fault.value ? 'fault' : 'opening';
  });

  private opening: Promise<MediaStream | null> | null = null;
  private wanted = false;
  private readonly ended = new Set<string>();

  constructor(private readonly port: CallPort, private readonly ice: () => RTCIceServer[]) {
    addEventListener('pagehide', () => this.close());
  }

  /** Follows the desk: which consultation, and whether the devices should be open. */
  follow(state: DeskState, status: Status, media: readonly Media[]): void {
    const next = lineOf(state);
    const before = this.line.peek();
    this.wanted = status === 'online' && media.includes('video');
    if (next?.consultation !== before?.consultation) this.hangUp();
    if (next?.consultation !== before?.consultation || next?.accepted !== before?.accepted) this.line.value = next;
    if (!next) {
      this.over.value = null;
      if (this.wanted) void this.open();
      else this.rest();
      return;
    }
    // Nobody is asked for a camera by a mere offer: only one that is open already is used.
    if (next.accepted || this.standby.peek()) void this.connect();
  }

  /** Opens the devices, or opens them again after a fault or another choice. */
  async open(again = false): Promise<MediaStream | null> {
    if (again) {
      release(this.standby.peek());
      this.standby.value = null;
      this.fault.value = null;
    }
    if (this.standby.peek()) return this.standby.peek();
    if (this.fault.peek()) return null;
    this.opening ??= this.ask().finally(() => (this.opening = null));
    return this.opening;
  }

  /** After a fault: tries again and goes on with the call. */
  async retry(): Promise<void> {
    await this.open(true);
    await this.connect();
  }

  answer(consultation: string, sdp: string): void {
    if (consultation === this.line.peek()?.consultation) void this.call.peek()?.setRemote(sdp);
  }

  state(frame: RtcState): void {
    if (frame.consultation !== this.line.peek()?.consultation) return;
    this.peer.value = frame.peer;
    this.call.peek()?.setPeer(frame.phase === 'connected');
    if (frame.phase === 'ended') this.finish('ended');
  }

  refused(consultation: string, error: WireError): void {
    if (consultation === this.line.peek()?.consultation && !error.retryable) this.finish('failed');
  }

  /** The socket is back: an offer that went nowhere is made again. */
  resumed(): void {
    const call = this.call.peek();
    if (call && call.phase.peek() !== 'connected') void call.restart().catch(() => undefined);
  }

  /** The agent hangs up; the conversation goes on in writing. */
  leave(): void {
    const line = this.line.peek();
    if (!line) return;
    this.port.leave(line.consultation);
    this.finish('ended');
  }

  rejoin(): void {
    const line = this.line.peek();
    if (!line) return;
    this.ended.delete(line.consultation);
    this.over.value = null;
    void this.connect();
  }

  /** Everything off, e.g. on sign-out. */
  close(): void {
    this.wanted = false;
    this.hangUp();
    this.line.value = null;
    this.rest();
  }

  private async ask(): Promise<MediaStream | null> {
    try {
      const stream = await openDevices({ audioId: store.get('sg.mic') ?? undefined, videoId: store.get('sg.cam') ?? undefined });
      if (!this.wanted && !this.line.peek()) {
        release(stream);
        return null;
      }
      this.standby.value = stream;
      if (this.line.peek()) void this.connect();
      return stream;
    } catch (error) {
      this.fault.value = error instanceof DeviceError ? error.kind : 'other';
      return null;
    }
  }

  private async connect(): Promise<void> {
    const line = this.line.peek();
    if (!line || this.call.peek() || this.ended.has(line.consultation)) return;
    const stream = this.standby.peek() ?? (await this.open());
    if (!stream || this.line.peek()?.consultation !== line.consultation || this.call.peek()) return;
    const call = new Call({
      iceServers: this.ice(),
      sendOffer: (sdp) => this.port.offer(line.consultation, sdp),
      sendMedia: (audio, video) => this.port.media?.(line.consultation, audio, video),
    });
    this.call.value = call;
    call.phase.subscribe((phase) => {
      if (phase === 'failed' && call === this.call.peek()) this.finish('failed');
    });
    // The call lets go of what it was given; the standby stays open for the next one.
    await call.start(stream.clone());
  }

  private finish(how: 'ended' | 'failed'): void {
    const line = this.line.peek();
    if (!line) return;
    this.ended.add(line.consultation);
    this.hangUp();
    this.over.value = how;
    if (!this.wanted) this.rest();
  }

  private hangUp(): void {
    const call = this.call.peek();
    this.call.value = null;
    this.peer.value = null;
    this.large.value = false;
    this.over.value = null;
    call?.end();
  }

  private rest(): void {
    release(this.standby.peek());
    this.standby.value = null;
    this.fault.value = null;
  }
}
