/** The video part of a conversation: the resident large, the agent small, and the few things to press.
 *  It is there, out of sight, while the ticket is only offered, so that the first picture has a place the
 *  moment it comes; and it stays mounted while another conversation is looked at, so that the sound goes on. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { listDevices } from '../lib/devices';
import { elapsed } from '../lib/format';
import { tl } from '../lib/i18n';
import { Icon } from '../lib/icons';
import { Dialog, toast } from '../lib/overlay';
import { store } from '../lib/prefs';
import type { Call } from '../lib/rtc';
import { Avatar, Button, cx, Spinner } from '../lib/ui';
import { DeviceHelp, LevelMeter, VideoTile } from '../lib/video';
import { sheet } from './app';
import { nameOf, Tool } from './bits';
import type { Desk } from './desk';
import { t } from './text';

function Quality({ call }: { call: Call }): JSX.Element {
  const stats = call.stats.value;
  // The first round trips of a call say nothing about the line.
  const settled = !!call.since.value && Date.now() - call.since.value > 4000;
  const poor = settled && !!stats && (stats.lossIn > 0.05 || (stats.rtt ?? 0) > 400);
  const phase = call.phase.value;
  const label = phase === 'reconnecting' ? tl('video.reconnecting') : phase !== 'connected' ? tl('video.connecting') : t(poor ? 'call.poor' : 'call.good');
  return (
    <span class={cx('call-quality', (poor || phase !== 'connected') && 'call-poor')} role="status">
      {phase === 'connected' ? <Icon name="signal" /> : <Spinner />}<span>{label}</span>
      {settled && stats?.rtt != null && phase === 'connected' && <span class="num">{stats.rtt} ms</span>}
    </span>
  );
}

function Live({ desk, call, name }: { desk: Desk; call: Call; name: string }): JSX.Element {
  const peer = desk.calls.peer.value;
  const there = peer !== null;
  const mic = call.micOn.value;
  const cam = call.camOn.value;
  const large = desk.calls.large.value;
  const picture = call.remoteVideo.value && peer?.video !== false;
  return (
    <>
      <VideoTile stream={call.remote.value} label={name} showVideo={picture} class="tile-remote">
        {!there ? <><Spinner /><span>{t('call.waiting_peer')}</span></>
          : <><Avatar kind="resident" name={null} /><span>{t('call.peer_cam_off')}</span></>}
      </VideoTile>
      <VideoTile stream={call.local.value} label={tl('video.self')} mirror muted showVideo={cam} class="tile-self" />
      <p class="call-top">
        <Quality call={call} />
        {call.since.value && <span class="num" role="timer" aria-label={t('call.duration')}>{elapsed(desk.now.value - desk.skew - call.since.value)}</span>}
        {there && peer?.audio === false && <span><Icon name="mic-off" />{t('call.peer_mic_off')}</span>}
      </p>
      <div class="call-tools" role="group" aria-label={t('call.title')}>
        <span class="call-level"><LevelMeter stream={call.local.value} /></span>
        <Tool icon={mic ? 'mic' : 'mic-off'} label={tl(mic ? 'video.mute' : 'video.unmute')} pressed={!mic} command="mute" onClick={() => call.setMic(!mic)} />
        <Tool icon={cam ? 'camera' : 'camera-off'} label={tl(cam ? 'video.cam_off' : 'video.cam_on')} pressed={!cam} command="camera" onClick={() => call.setCam(!cam)} />
        <Tool icon="gear" label={tl('video.settings')} command="devices" onClick={() => (sheet.value = 'devices')} />
        <Tool icon={large ? 'shrink' : 'expand'} label={t(large ? 'call.shrink' : 'call.enlarge')} command="enlarge" onClick={() => (desk.calls.large.value = !large)} />
        <Tool icon="hang-up" tone="danger" label={tl('video.hang_up')} command="hangup" onClick={() => desk.calls.leave()} />
      </div>
    </>
  );
}

export function CallPanel({ desk, hidden }: { desk: Desk; hidden: boolean }): JSX.Element | null {
  const { calls } = desk;
  const view = calls.view.value;
  const line = calls.line.value;
  if (view === 'none' || !line) return null;
  const { held, offers } = desk.state.value;
  const of = held.find((h) => h.ticket.id === line.ticket) ?? offers.find((o) => o.ticket.id === line.ticket);
  if (!of) return null;
  const name = nameOf(of.ticket.resident);
  const call = calls.call.value;
  return (
    <section class={cx('call', `call-${view}`, calls.large.value && 'call-large', (hidden || view === 'ready') && 'call-away')} aria-hidden={view === 'ready' || undefined} aria-label={t('call.title')}>
      {call && <Live desk={desk} call={call} name={name} />}
      {view === 'opening' && <div class="call-note"><Spinner /><p>{t('standby.opening')}</p></div>}
      {view === 'fault' && calls.fault.value && <div class="call-note"><DeviceHelp fault={calls.fault.value} onRetry={() => void calls.retry()} /></div>}
      {view === 'over' && (
        <div class="call-note call-note-over">
          <Icon name="camera-off" />
          <p><strong>{tl(calls.over.value === 'failed' ? 'video.failed' : 'video.ended')}</strong><small>{t('call.over_text')}</small></p>
          <Button size="sm" icon="camera" onClick={() => calls.rejoin()}>{t('call.again')}</Button>
        </div>
      )}
    </section>
  );
}

/** Which camera and microphone; works before and during a call. */
export function DeviceDialog({ desk }: { desk: Desk }): JSX.Element {
  const open = sheet.value === 'devices';
  const devices = useSignal<{ audio: MediaDeviceInfo[]; video: MediaDeviceInfo[] }>({ audio: [], video: [] });
  const { calls } = desk;
  const call = calls.call.value;
  const stream = call?.local.value ?? calls.standby.value;
  useEffect(() => {
    if (open) void calls.open().then(listDevices).then((found) => (devices.value = found));
  }, [open]);
  const pick = (kind: 'audio' | 'video') => async (event: { currentTarget: HTMLSelectElement }): Promise<void> => {
    const id = event.currentTarget.value;
    try {
      if (call) await call.switchDevice(kind, id);
      store.set(kind === 'audio' ? 'sg.mic' : 'sg.cam', id);
      if (!call) await calls.open(true);
    } catch {
      toast(tl('video.other'), 'warning');
    }
  };
  const list = (kind: 'audio' | 'video', label: string): JSX.Element => (
    <label class="field">
      <span class="field-label"><Icon name={kind === 'audio' ? 'mic' : 'camera'} />{label}</span>
      <select class="input" value={stream?.getTracks().find((x) => x.kind === kind)?.getSettings().deviceId ?? ''} onChange={(e) => void pick(kind)(e)}>
        {devices.value[kind].length === 0 && <option value="">{tl('video.default_device')}</option>}
        {devices.value[kind].map((d, i) => <option key={d.deviceId} value={d.deviceId}>{d.label || `${label} ${i + 1}`}</option>)}
      </select>
    </label>
  );
  return (
    <Dialog open={open} title={tl('video.settings')} onClose={() => (sheet.value = null)}>
      {calls.fault.value ? <DeviceHelp fault={calls.fault.value} onRetry={() => void calls.retry()} /> : (
        <VideoTile stream={stream} label={tl('video.self')} mirror muted showVideo={call ? call.camOn.value : !!stream?.getVideoTracks().length} />
      )}
      <div class="device-row"><Icon name="mic" /><LevelMeter stream={stream} /></div>
      {list('audio', tl('video.mic'))}
      {list('video', tl('video.camera'))}
    </Dialog>
  );
}
