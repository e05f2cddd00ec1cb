/** The head of the desk: who works here, how he is, and whether the line to the server stands. The
 *  strip below it always has its place, so that nothing moves when the connection goes. */
import type { JSX } from 'preact';
import { elapsed } from '../lib/format';
import { Icon, type IconName } from '../lib/icons';
import { lang, setLang } from '../lib/prefs';
import { Avatar, BrandMark, cx, Spinner } from '../lib/ui';
import type { Media } from '../lib/types';
import { wakeSound } from './alerts';
import { sheet } from './app';
import { hot, Tool } from './bits';
import type { Desk } from './desk';
import type { Command } from './keys';
import { setFlag, sound } from './prefs';
import type { Status } from './state';
import { t } from './text';

const STATUSES: { value: Status; command: Command }[] = [
  { value: 'online', command: 'online' }, { value: 'away', command: 'away' }, { value: 'offline', command: 'offline' },
];

function StatusSwitch({ desk }: { desk: Desk }): JSX.Element {
  const { loaded, status: known } = desk.state.value;
  const status = loaded ? known : null;
  const ready = desk.socket.ready.value;
  return (
    <div class="status" role="group" aria-label={t('status.label')}>
      {STATUSES.map(({ value, command }) => (
        <button
          key={value} type="button" class={cx('status-btn', `status-${value}`, status === value && 'status-on')}
          aria-pressed={status === value} disabled={!ready || (value === 'online' && !desk.agent.roles.includes('agent'))}
          {...hot(command, t(`status.${value}.hint`))}
          onClick={() => { wakeSound(); desk.setStatus(value); }}
        >
          <i class="dot" aria-hidden="true" /><span>{t(`status.${value}`)}</span>
        </button>
      ))}
    </div>
  );
}

const MEDIA: { value: Media; icon: IconName }[] = [{ value: 'text', icon: 'chat' }, { value: 'video', icon: 'camera' }];

function MediaSwitch({ desk }: { desk: Desk }): JSX.Element {
  const on = desk.media.value;
  const toggle = (value: Media): void => desk.setMedia(on.includes(value) ? on.filter((m) => m !== value) : [...on, value]);
  return (
    <div class="media-switch" role="group" aria-label={t('media.label')}>
      {MEDIA.filter((m) => desk.agent.media.includes(m.value)).map(({ value, icon }) => {
        const only = on.length === 1 && on[0] === value;
        return (
          <button
            key={value} type="button" class={cx('media-btn', on.includes(value) && 'media-on')} aria-pressed={on.includes(value)}
            disabled={only || desk.agent.media.length < 2} title={t(only ? 'media.last' : `media.${value}.hint`)} onClick={() => toggle(value)}
          >
            <Icon name={on.includes(value) ? 'check' : icon} /><span>{t(`media.${value}`)}</span>
          </button>
        );
      })}
    </div>
  );
}

function Strip({ desk }: { desk: Desk }): JSX.Element {
  const link = desk.socket.link.value;
  const ready = desk.socket.ready.value;
  const { queue, status, loaded } = desk.state.value;
  const first = Math.min(...queue.map((q) => Date.parse(q.waiting_since)));
  const lost = !ready && (loaded || link === 'retrying' || link === 'offline');
  return (
    <div class={cx('strip', lost && 'strip-lost')}>
      <p class="strip-link" role="status">
        {ready ? <><Icon name="signal" />{t('link.ok')}</> : <>{link === 'offline' ? <Icon name="offline" /> : <Spinner />}{t(lost ? (link === 'offline' ? 'link.offline' : 'link.retrying') : 'link.connecting')}</>}
      </p>
      {!lost && loaded && (
        <p class="strip-facts">
          {status === 'offline' && <span class="strip-warn">{t('strip.offline')}</span>}
          {status === 'away' && <span class="strip-warn">{t('strip.away')}</span>}
          <span>{t('strip.waiting', { n: queue.length })}</span>
          {queue.length > 0 && <span class="num">{t('strip.longest', { time: elapsed(Math.max(0, desk.now.value - first)) })}</span>}
        </p>
      )}
    </div>
  );
}

export function Topbar({ desk }: { desk: Desk }): JSX.Element {
  const other = lang.value === 'zh' ? 'en' : 'zh';
  return (
    <header class="top">
      <div class="top-row">
        <div class="brand"><BrandMark /><div><h1>{t('desk')}</h1><p>{t('product')}</p></div></div>
        <div class="top-status"><StatusSwitch desk={desk} /><MediaSwitch desk={desk} /></div>
        <div class="top-tools">
          <Tool icon={sound.value ? 'bell' : 'bell-off'} label={t(sound.value ? 'sound.off' : 'sound.on')} pressed={sound.value} class="wide-only" onClick={() => { wakeSound(); setFlag('sound', !sound.value); }} />
          <button type="button" class="lang-switch" lang={other === 'zh' ? 'zh-CN' : 'en'} {...hot('lang', other === 'zh' ? '中文' : 'English')} onClick={() => setLang(other)}>{other === 'zh' ? '中文' : 'EN'}</button>
          <Tool icon="keyboard" label={t('help.title')} command="help" class="wide-only" onClick={() => (sheet.value = 'help')} />
          <Tool icon="gear" label={t('settings.title')} command="settings" onClick={() => (sheet.value = 'settings')} />
          <span class="who wide-only"><Avatar kind="agent" name={desk.agent.name} /><span>{desk.agent.name}</span></span>
          <Tool icon="logout" label={t('logout')} command="logout" onClick={() => (sheet.value = 'logout')} />
        </div>
      </div>
      <Strip desk={desk} />
    </header>
  );
}
