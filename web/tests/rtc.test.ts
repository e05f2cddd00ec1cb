/** The call recovers by itself: silence is noticed within half a second, restarts do not pile up. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Call, withStartBitrate } from '../lib/rtc';
import { FakePeer, fakeStream } from './fakes';

let call: Call;
let offers: string[];

/** Lets packets flow for `ms`. */
async function flow(ms: number): Promise<void> {
  for (let t = 0; t < ms; t += 100) {
    FakePeer.last.packets += 5;
    await vi.advanceTimersByTimeAsync(100);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  FakePeer.all = [];
  offers = [];
  vi.stubGlobal('RTCPeerConnection', FakePeer);
  vi.stubGlobal('MediaStream', class { getTracks = () => []; });
  call = new Call({ iceServers: [{ urls: 'stun:own.example' }], sendOffer: (sdp) => offers.push(sdp) });
});

afterEach(() => {
  call.end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function connected(): Promise<void> {
  await call.start(fakeStream());
  await call.setRemote('answer');
  FakePeer.last.become('connected');
  call.setPeer(true);
  await flow(300);
}

it('offers at once, with our servers only and both lines two-way even without a camera', async () => {
  await call.start(fakeStream(['audio']));
  expect(offers).toEqual(['offer-0-0']);
  expect(FakePeer.last.config.iceServers).toEqual([{ urls: 'stun:own.example' }]);
  expect(FakePeer.last.kinds).toEqual(['audio', 'video']);
  expect(call.camOn.value).toBe(false);
});

it('restarts ICE once packets stop for 400 ms, and is connected again when they return', async () => {
  await connected();
  await vi.advanceTimersByTimeAsync(700);
  expect(call.phase.value).toBe('reconnecting');
  expect(FakePeer.all).toHaveLength(1);
  expect(FakePeer.last.iceRestarts).toBe(1);
  await flow(200);
  expect(call.phase.value).toBe('connected');
});

it('does not take silence for trouble while nobody is on the other side', async () => {
  await connected();
  call.setPeer(false);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(FakePeer.last.iceRestarts).toBe(0);
});

it('starts over with a new connection when a restart did not help, ever more slowly', async () => {
  await connected();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(FakePeer.all).toHaveLength(2);
  expect(FakePeer.all[0]?.closed).toBe(true);
});

it('starts over when the answer does not fit', async () => {
  await call.start(fakeStream());
  await call.setRemote('bad');
  expect(FakePeer.all).toHaveLength(2);
  expect(offers).toEqual(['offer-0-0', 'offer-1-0']);
});

it('gives up after 45 s without a connection, and lets go of the devices', async () => {
  const stream = fakeStream();
  await call.start(stream);
  await vi.advanceTimersByTimeAsync(46_000);
  expect(call.phase.value).toBe('failed');
  expect(stream.getTracks().every((t) => (t as unknown as { stopped: boolean }).stopped)).toBe(true);
});

it('mutes the tracks and not only the button', async () => {
  const stream = fakeStream();
  await call.start(stream);
  call.setMic(false);
  expect(stream.getAudioTracks()[0]?.enabled).toBe(false);
  expect(call.micOn.value).toBe(false);
});

it('writes a start bitrate for every VP8 line', () => {
  const sdp = 'm=video 9\r\na=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\n';
  expect(withStartBitrate(sdp, 800)).toBe(
    'm=video 9\r\na=rtpmap:97 VP8/90000\r\na=fmtp:97 x-google-start-bitrate=800;x-google-min-bitrate=150\r\na=rtpmap:98 rtx/90000\r\n',
  );
});
