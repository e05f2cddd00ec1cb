/** Stand-ins for what a browser would bring: a WebSocket one can talk through, a peer connection. */

export type Frame = { type: string } & Record<string, unknown>;

/** A WebSocket whose server side is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: Frame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  }

  static get impl(): typeof WebSocket {
    return FakeSocket as unknown as typeof WebSocket;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  push<T extends { type: string }>(frame: T): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Frame);
  }

  /** The server or the network ends it. */
  cut(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  close(): void {
    this.readyState = 3;
  }

  of(type: string): Frame[] {
    return this.sent.filter((f) => f.type === type);
  }
}

/** A peer connection that counts what is done to it and reports the packets it is told to. */
export class FakePeer {
  static all: FakePeer[] = [];
  connectionState: RTCPeerConnectionState = 'new';
  signalingState: RTCSignalingState = 'stable';
  localDescription: { type: string; sdp: string } | null = null;
  packets = 0;
  iceRestarts = 0;
  closed = false;
  answers: string[] = [];
  kinds: string[] = [];
  ontrack: unknown = null;
  onconnectionstatechange: (() => void) | null = null;

  constructor(readonly config: RTCConfiguration) {
    FakePeer.all.push(this);
  }

  static get last(): FakePeer {
    const last = FakePeer.all.at(-1);
    if (!last) throw new Error('no connection was made');
    return last;
  }

  addTransceiver(track: { kind: string } | string): void {
    this.kinds.push(typeof track === 'string' ? track : track.kind);
  }

  getTransceivers(): never[] {
    return [];
  }

  restartIce(): void {
    this.iceRestarts += 1;
  }

  async setLocalDescription(description?: { type: string }): Promise<void> {
    if (description?.type === 'rollback') {
      this.signalingState = 'stable';
      return;
    }
    this.signalingState = 'have-local-offer';
    this.localDescription = { type: 'offer', sdp: `offer-${FakePeer.all.indexOf(this)}-${this.iceRestarts}` };
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    if (sdp === 'bad') throw new Error('fingerprint');
    this.answers.push(sdp);
    this.signalingState = 'stable';
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  async getStats(): Promise<Map<string, object>> {
    return new Map([['v', { type: 'inbound-rtp', kind: 'video', packetsReceived: this.packets, packetsLost: 0, bytesReceived: this.packets * 1000 }]]);
  }

  close(): void {
    this.closed = true;
  }
}

/** A stream without devices behind it. */
export function fakeStream(kinds: ('audio' | 'video')[] = ['audio', 'video']): MediaStream {
  const tracks = kinds.map((kind) => ({ kind, enabled: true, stopped: false, stop() { this.stopped = true; } }));
  return {
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter((t) => t.kind === 'audio'),
    getVideoTracks: () => tracks.filter((t) => t.kind === 'video'),
  } as unknown as MediaStream;
}
