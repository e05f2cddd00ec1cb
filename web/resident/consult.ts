/**
 * The resident's side of a video consultation: device check, waiting room, call, end. Follows the
 * chat's state; the media connection itself is `lib/rtc.ts`. Both sides connect while still waiting,
 * so that the picture is there the moment the agent accepts.
 */
import { effect, signal } from '@preact/signals';
import { release } from '../lib/devices';
import { announce } from '../lib/overlay';
import { tl } from '../lib/i18n';
import { Call } from '../lib/rtc';
import type { RtcState } from '../lib/types';
import type { Chat } from './chat';
import { t } from './text';

export type View = 'none' | 'room' | 'call' | 'ended';

export class Consult {
  readonly view = signal<View>('none');
  /** Our stream while waiting; the call owns it afterwards. */
  readonly stream = signal<MediaStream | null>(null);
  readonly call = signal<Call | null>(null);
  readonly peer = signal<RtcState['peer']>(null);
  /** Picture over the whole page (true) or above the thread (false). */
  readonly large = signal(true);
  readonly failed = signal(false);

  private consultation: string | null = null;
  private wasWaiting = false;

  constructor(private readonly chat: Chat) {
    chat.rtc = {
      answer: (id, sdp) => {
        if (id === this.consultation) void this.call.peek()?.setRemote(sdp);
      },
      state: (state) => this.follow(state),
    };
    effect(() => this.react());
    addEventListener('pagehide', () => this.call.peek()?.end());
  }

  /** True while the server holds a consultation that this page is not showing (e.g. after a reload). */
  get resumable(): boolean {
    const { consultation, media, mode } = this.chat.state.value;
    return !!consultation && media === 'video' && mode !== 'bot' && (this.view.value === 'none' || this.view.value === 'ended');
  }

  /** From the device check into the waiting room; asks for a person unless already on the way. */
  enter(stream: MediaStream): void {
    this.drop();
    this.failed.value = false;
    this.stream.value = stream;
    this.view.value = 'room';
    this.wasWaiting = false;
    if (this.chat.state.peek().mode === 'bot') this.chat.handoff('video');
    else this.connect();
  }

  /** Our own hang-up; the conversation goes on in writing. */
  leave(): void {
    if (this.consultation) this.chat.socket.send({ type: 'rtc.leave', consultation: this.consultation });
    this.finish();
  }

  /** Out of the waiting room and out of the queue. */
  cancel(): void {
    this.chat.cancelHandoff();
    this.close();
  }

  /** Away with the panel. */
  close(): void {
    this.drop();
    this.view.value = 'none';
  }

  private react(): void {
    const { mode, consultation } = this.chat.state.value;
    const view = this.view.value;
    if (view === 'room' || view === 'call') {
      if (mode !== 'bot') this.wasWaiting = true;
      else if (this.wasWaiting) return view === 'call' ? this.finish() : this.close();
    }
    if (view === 'room' && consultation) this.connect();
    if (view === 'ended' && mode === 'bot') this.view.value = 'none';
  }

  private connect(): void {
    const { consultation } = this.chat.state.peek();
    const stream = this.stream.peek();
    if (!consultation || !stream || (consultation === this.consultation && this.call.peek())) return;
    this.call.peek()?.end();
    this.consultation = consultation;
    const call = new Call({
      iceServers: this.chat.ice.peek(),
      sendOffer: (sdp) => void this.chat.socket.send({ type: 'rtc.offer', consultation, sdp }),
      sendMedia: (audio, video) => void this.chat.socket.send({ type: 'rtc.media', consultation, audio, video }),
    });
    this.call.value = call;
    call.phase.subscribe((phase) => {
      if (phase === 'failed' && call === this.call.peek()) {
        this.failed.value = true;
        this.finish();
      }
    });
    void call.start(stream);
  }

  private follow(state: RtcState): void {
    if (state.consultation !== this.consultation) return;
    const call = this.call.peek();
    this.peer.value = state.peer;
    call?.setPeer(state.phase === 'connected');
    if (state.phase === 'connected' && this.view.peek() === 'room') {
      this.view.value = 'call';
      announce(t('call.connected'));
    }
    if (state.phase === 'ended') this.finish();
  }

  private finish(): void {
    if (this.view.peek() === 'ended' || this.view.peek() === 'none') return;
    this.drop();
    this.view.value = this.chat.state.peek().mode === 'bot' ? 'none' : 'ended';
    announce(tl('video.ended'));
  }

  private drop(): void {
    const call = this.call.peek();
    this.call.value = null;
    this.consultation = null;
    call?.end();
    release(this.stream.peek());
    this.stream.value = null;
    this.peer.value = null;
  }
}
