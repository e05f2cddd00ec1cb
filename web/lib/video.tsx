/** Pieces of a call: picture tiles, level meter, device pickers, the device check. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { DeviceError, LevelProbe, listDevices, openDevices, release, type DeviceFault } from './devices';
import { tl } from './i18n';
import { Icon } from './icons';
import { store } from './prefs';
import { Avatar, Button, cx, Spinner } from './ui';

/** A picture with a name. `mirror` for one's own, `muted` so that it does not echo. */
export function VideoTile({ stream, label, mirror, muted, showVideo = true, children, class: extra }: {
  stream: MediaStream | null; label: string; mirror?: boolean; muted?: boolean;
  showVideo?: boolean; children?: ComponentChildren; class?: string;
}): JSX.Element {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const node = ref.current;
    if (!node || node.srcObject === stream) return;
    node.srcObject = stream;
    if (stream) void node.play().catch(() => undefined);
  }, [stream]);
  return (
    <figure class={cx('tile', extra)} aria-label={label}>
      {/* A live conversation has no caption file; what is said is also written in the thread. */}
      <video ref={ref} autoPlay playsInline muted={muted} class={cx(mirror && 'mirror', !showVideo && 'tile-dark')} aria-label={label} />
      {!showVideo && <div class="tile-cover">{children ?? <><Icon name="camera-off" /><span>{tl('video.camera_off')}</span></>}</div>}
      <figcaption>{label}</figcaption>
    </figure>
  );
}

const STEPS = 12;

/** Bars that follow the microphone. Without sound for readers: a meter with a value. */
export function LevelMeter({ stream, label = tl('video.mic_level') }: { stream: MediaStream | null; label?: string }): JSX.Element {
  const level = useSignal(0);
  useEffect(() => {
    if (!stream) return;
    const probe = new LevelProbe(stream);
    const off = probe.level.subscribe((value) => (level.value = Math.round(value * STEPS)));
    return () => { off(); probe.stop(); };
  }, [stream]);
  return (
    <div class="meter" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={STEPS} aria-valuenow={level.value}>
      {Array.from({ length: STEPS }, (_, i) => <i key={i} class={cx(i < level.value && 'on', i >= STEPS - 2 && 'hot')} />)}
    </div>
  );
}

/** What went wrong with the devices and what helps. */
export function DeviceHelp({ fault, onRetry }: { fault: DeviceFault; onRetry: () => void }): JSX.Element {
  return (
    <div class="device-help" role="alert">
      <Icon name="camera-off" />
      <strong>{tl(`video.${fault}`)}</strong>
      <p>{tl(`video.${fault}.help`)}</p>
      {fault !== 'insecure' && <Button icon="refresh" onClick={onRetry}>{tl('retry')}</Button>}
    </div>
  );
}

function Picker({ kind, devices, value, onChange }: {
  kind: 'audio' | 'video'; devices: MediaDeviceInfo[]; value: string; onChange: (id: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span class="field-label"><Icon name={kind === 'audio' ? 'mic' : 'camera'} />{tl(kind === 'audio' ? 'video.mic' : 'video.camera')}</span>
      <select class="input" value={value} onChange={(e) => onChange(e.currentTarget.value)} disabled={devices.length < 2}>
        {devices.length === 0 && <option value="">{tl('video.default_device')}</option>}
        {devices.map((d, i) => <option key={d.deviceId} value={d.deviceId}>{d.label || `${tl(kind === 'audio' ? 'video.mic' : 'video.camera')} ${i + 1}`}</option>)}
      </select>
    </label>
  );
}

const remembered = () => ({ audioId: store.get('sg.mic') ?? undefined, videoId: store.get('sg.cam') ?? undefined });

/** Opens the devices, shows the preview, the level meter and the pickers. `onStream` gets each new
 *  stream (null while there is none); whoever takes it over releases it. */
export function DeviceCheck({ onStream, keep }: {
  onStream: (stream: MediaStream | null) => void;
  /** Read on unmount: true when the stream has been taken over and must stay open. */
  keep: () => boolean;
}): JSX.Element {
  const stream = useSignal<MediaStream | null>(null);
  const fault = useSignal<DeviceFault | null>(null);
  const devices = useSignal<{ audio: MediaDeviceInfo[]; video: MediaDeviceInfo[] }>({ audio: [], video: [] });
  const alive = useRef(true);

  const open = async (): Promise<void> => {
    fault.value = null;
    release(stream.value);
    stream.value = null;
    onStream(null);
    try {
      const got = await openDevices(remembered());
      if (!alive.current) return release(got);
      stream.value = got;
      onStream(got);
      devices.value = await listDevices();
    } catch (error) {
      fault.value = error instanceof DeviceError ? error.kind : 'other';
    }
  };

  useEffect(() => {
    void open();
    return () => {
      alive.current = false;
      if (!keep()) release(stream.value);
    };
  }, []);

  const pick = (key: 'sg.mic' | 'sg.cam') => (id: string): void => {
    store.set(key, id);
    void open();
  };
  const current = (kind: 'audio' | 'video'): string =>
    stream.value?.getTracks().find((t) => t.kind === kind)?.getSettings().deviceId ?? '';

  if (fault.value) return <DeviceHelp fault={fault.value} onRetry={() => void open()} />;
  const hasVideo = !!stream.value?.getVideoTracks().length;
  return (
    <div class="device-check">
      <VideoTile stream={stream.value} label={tl('video.self')} mirror muted showVideo={hasVideo}>
        {stream.value ? <><Avatar kind="resident" /><span>{tl('video.camera_off')}</span></> : <Spinner label={tl('loading')} />}
      </VideoTile>
      <div class="device-row"><Icon name="mic" /><LevelMeter stream={stream.value} /></div>
      <Picker kind="audio" devices={devices.value.audio} value={current('audio')} onChange={pick('sg.mic')} />
      <Picker kind="video" devices={devices.value.video} value={current('video')} onChange={pick('sg.cam')} />
    </div>
  );
}
