/** The video panel: waiting room, call, ended. The thread and the composer stay usable below. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { QueueFacts } from '../lib/cards/human';
import { listDevices, type DeviceChoice } from '../lib/devices';
import { elapsed } from '../lib/format';
import { tl } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { Dialog, toast } from '../lib/overlay';
import { store } from '../lib/prefs';
import type { Call } from '../lib/rtc';
import { Avatar, Button, IconButton, Spinner } from '../lib/ui';
import { LevelMeter, VideoTile } from '../lib/video';
import { chat, consult, sheet } from './app';
import { t } from './text';

function Room(): JSX.Element {
  const stream = consult.stream.value;
  const { mode, position, wait_s } = chat.state.value;
  const box = useRef<HTMLElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <section class="call room" aria-label={t('call.room')} tabIndex={-1} ref={box}>
      <VideoTile stream={stream} label={tl('video.self')} mirror muted showVideo={!!stream?.getVideoTracks().length} />
      <div class="room-side">
        <h2>{t('call.room')}</h2>
        <div aria-live="polite">
          {mode === 'queued' ? <QueueFacts position={position} wait={wait_s} />
            : <p class="room-status"><Spinner />{mode === 'offered' ? t('human.offered') : tl('video.connecting')}</p>}
        </div>
        <p class="field-hint">{t('call.waiting')}</p>
        <div class="device-row"><Icon name="mic" /><LevelMeter stream={stream} /></div>
        <Button icon="close" onClick={() => consult.cancel()}>{tl('handoff.cancel')}</Button>
      </div>
    </section>
  );
}

/** Changes camera or microphone during the call. */
function Devices({ call, open, onClose }: { call: Call; open: boolean; onClose: () => void }): JSX.Element {
  const devices = useSignal<{ audio: MediaDeviceInfo[]; video: MediaDeviceInfo[] }>({ audio: [], video: [] });
  useEffect(() => {
    if (open) void listDevices().then((found) => (devices.value = found));
  }, [open]);
  const pick = (kind: 'audio' | 'video', key: string) => (event: { currentTarget: HTMLSelectElement }): void => {
    const id = event.currentTarget.value;
    call.switchDevice(kind, id).then(() => store.set(key, id), () => toast(tl('video.other'), 'warning'));
  };
  const current = (kind: keyof DeviceChoice): string | undefined =>
    call.local.value?.getTracks().find((x) => x.kind === (kind === 'audioId' ? 'audio' : 'video'))?.getSettings().deviceId;
  const list = (kind: 'audio' | 'video', key: string, label: string, value: string | undefined): JSX.Element => (
    <label class="field">
      <span class="field-label"><Icon name={kind === 'audio' ? 'mic' : 'camera'} />{label}</span>
      <select class="input" value={value} onChange={pick(kind, key)}>
        {devices.value[kind].map((d, i) => <option key={d.deviceId} value={d.deviceId}>{d.label || `${label} ${i + 1}`}</option>)}
      </select>
    </label>
  );
  return (
    <Dialog open={open} title={t('call.devices')} onClose={onClose}>
      {list('audio', 'sg.mic', tl('video.mic'), current('audioId'))}
      {list('video', 'sg.cam', tl('video.camera'), current('videoId'))}
      <div class="device-row"><Icon name="mic" /><LevelMeter stream={call.local.value} /></div>
    </Dialog>
  );
}

function Duration({ since }: { since: number }): JSX.Element {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const time = elapsed(now.value - since);
  return <span class="num" role="timer" aria-label={t('call.duration', { time })}>{time}</span>;
}

function InCall({ call }: { call: Call }): JSX.Element {
  const choosing = useSignal(false);
  const { agent } = chat.state.value;
  const phase = call.phase.value;
  const peer = consult.peer.value;
  const peerVideo = peer?.video !== false;
  const mic = call.micOn.value;
  const cam = call.camOn.value;
  const stats = call.stats.value;
  const poor = !!stats && (stats.lossIn > 0.05 || (stats.rtt ?? 0) > 400);
  const large = consult.large.value;
  return (
    <section class="call live" aria-label={t('call.title')}>
      <VideoTile stream={call.remote.value} label={agent?.name ?? tl('video.remote')} showVideo={peerVideo && call.remoteVideo.value} class="tile-remote">
        {phase === 'connected' && !peerVideo
          ? <><Avatar kind="agent" name={agent?.name} /><span>{t('call.peer_cam_off')}</span></>
          : <><Spinner /><span>{tl('video.connecting')}</span></>}
      </VideoTile>
      <VideoTile stream={call.local.value} label={tl('video.self')} mirror muted showVideo={cam} class="tile-self" />
      <p class="call-status" role="status">
        {phase === 'reconnecting' ? <><Spinner />{tl('video.reconnecting')}</> : poor ? <><Icon name="signal" />{t('call.poor')}</> : null}
        {call.since.value && phase === 'connected' && <Duration since={call.since.value} />}
      </p>
      <div class="call-tools" role="group" aria-label={t('call.title')}>
        <IconButton icon={mic ? 'mic' : 'mic-off'} label={tl(mic ? 'video.mute' : 'video.unmute')} pressed={!mic} onClick={() => call.setMic(!mic)} />
        <IconButton icon={cam ? 'camera' : 'camera-off'} label={tl(cam ? 'video.cam_off' : 'video.cam_on')} pressed={!cam} onClick={() => call.setCam(!cam)} />
        <IconButton icon="gear" label={t('call.devices')} onClick={() => (choosing.value = true)} />
        <IconButton icon={large ? 'chat' : 'expand'} label={t(large ? 'call.shrink' : 'call.expand')} onClick={() => (consult.large.value = !large)} />
        <IconButton icon="hang-up" tone="danger" label={tl('video.hang_up')} onClick={() => consult.leave()} />
      </div>
      <Devices call={call} open={choosing.value} onClose={() => (choosing.value = false)} />
    </section>
  );
}

function Ended(): JSX.Element {
  return (
    <section class="call ended" aria-label={t('call.title')}>
      <Icon name="camera-off" />
      <p><strong>{tl(consult.failed.value ? 'video.failed' : 'video.ended')}</strong><small>{t('call.ended.text')}</small></p>
      {consult.resumable && <Button size="sm" icon="camera" onClick={() => (sheet.value = 'check')}>{t('call.again')}</Button>}
      <IconButton icon="close" label={tl('close')} onClick={() => consult.close()} />
    </section>
  );
}

export function CallPanel(): JSX.Element | null {
  const call = consult.call.value;
  switch (consult.view.value) {
    case 'room': return <Room />;
    case 'call': return call ? <InCall call={call} /> : null;
    case 'ended': return <Ended />;
    default: return null;
  }
}
