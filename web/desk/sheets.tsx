/** The desk's dialogs: shortcuts, settings, and the three questions before something final. */
import type { JSX } from 'preact';
import { lang, setLang, setTextSize, setTheme, textSize, theme } from '../lib/prefs';
import { Dialog, toast } from '../lib/overlay';
import { tl } from '../lib/i18n';
import { Button, Segmented } from '../lib/ui';
import { chime, wakeSound } from './alerts';
import { sheet, signOut } from './app';
import { nameOf } from './bits';
import { DeviceDialog } from './callpanel';
import type { Desk } from './desk';
import { SHORTCUTS, type Shortcut } from './keys';
import { flash, setFlag, singleKeys, sound } from './prefs';
import { t } from './text';

const close = (): void => void (sheet.value = null);
const GROUPS: Shortcut['group'][] = ['offer', 'talk', 'side', 'video', 'desk'];

function Keys({ label }: { label: string }): JSX.Element {
  return <span class="keys">{label.split('+').map((k) => <kbd key={k}>{k}</kbd>)}</span>;
}

function Help(): JSX.Element {
  return (
    <Dialog open={sheet.value === 'help'} title={t('help.title')} onClose={close} wide>
      <p class="field-hint">{t('help.text')}</p>
      <div class="help" tabIndex={0} role="group" aria-label={t('help.title')}>
        <div class="help-groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t(`help.${group}`)}</h3>
            <dl class="rows">
              {SHORTCUTS.filter((s) => s.group === group).map((s) => <div key={s.command}><dt>{t(`key.${s.command}`)}</dt><dd><Keys label={s.label} /></dd></div>)}
              {group === 'talk' && <><div><dt>{t('key.send')}</dt><dd><Keys label="Enter" /></dd></div><div><dt>{t('key.line')}</dt><dd><Keys label="Shift+Enter" /></dd></div></>}
              {group === 'desk' && singleKeys.value && <div><dt>{t('key.help')}</dt><dd><Keys label="?" /></dd></div>}
            </dl>
          </section>
        ))}
        </div>
      </div>
    </Dialog>
  );
}

function Check({ label, hint, value, onChange }: { label: string; hint: string; value: boolean; onChange: (on: boolean) => void }): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span><b>{label}</b><small>{hint}</small></span>
    </label>
  );
}

function Settings(): JSX.Element {
  return (
    <Dialog open={sheet.value === 'settings'} title={t('settings.title')} onClose={close}>
      <Segmented label={t('settings.lang')} name="set-lang" value={lang.value} onChange={setLang} options={[{ value: 'zh', label: '中文', lang: 'zh-CN' }, { value: 'en', label: 'English', lang: 'en' }]} />
      <Segmented label={t('settings.theme')} name="set-theme" value={theme.value} onChange={setTheme} options={[{ value: 'auto', label: t('theme.auto'), icon: 'auto' }, { value: 'light', label: t('theme.light'), icon: 'sun' }, { value: 'dark', label: t('theme.dark'), icon: 'moon' }]} />
      <Segmented label={t('settings.size')} name="set-size" value={textSize.value} onChange={setTextSize} options={[{ value: 'normal', label: t('size.normal') }, { value: 'large', label: t('size.large') }, { value: 'elder', label: t('size.elder') }]} />
      <div class="checks">
        <Check label={t('settings.sound')} hint={t('settings.sound_hint')} value={sound.value} onChange={(on) => { setFlag('sound', on); wakeSound(); if (on) setTimeout(() => chime('offer'), 100); }} />
        <Check label={t('settings.flash')} hint={t('settings.flash_hint')} value={flash.value} onChange={(on) => setFlag('flash', on)} />
        <Check label={t('settings.keys')} hint={t('settings.keys_hint')} value={singleKeys.value} onChange={(on) => setFlag('singleKeys', on)} />
      </div>
    </Dialog>
  );
}

function Confirm({ desk, what }: { desk: Desk; what: 'end' | 'release' }): JSX.Element {
  const held = desk.current.value;
  const name = held ? nameOf(held.ticket.resident) : '';
  const go = (): void => {
    if (held && !desk.act(what, held.ticket.id)) toast(tl('net.retrying'), 'warning');
    close();
  };
  return (
    <Dialog
      open={sheet.value === what && !!held} title={t(`${what}.title`, { name })} onClose={close}
      footer={<><Button onClick={close}>{t(`${what}.stay`)}</Button><Button variant="primary" autofocus onClick={go}>{t(`${what}.go`)}</Button></>}
    >
      <p>{t(`${what}.text`)}</p>
      {what === 'end' && held && desk.drafts.reply(held.ticket.id).value.trim() && <p class="gate-note tone-warning">{t('end.draft')}</p>}
    </Dialog>
  );
}

function Logout({ desk }: { desk: Desk }): JSX.Element {
  const open = desk.state.value.held.filter((h) => h.ticket.state === 'active').length;
  const owed = desk.state.value.held.length - open;
  const go = async (): Promise<void> => {
    if (!(await signOut())) toast(t('logout.not_now'), 'warning');
    close();
  };
  return (
    <Dialog
      open={sheet.value === 'logout'} title={t('logout.title')} onClose={close}
      footer={<><Button onClick={close}>{tl('cancel')}</Button><Button variant="primary" onClick={() => void go()}>{t('logout')}</Button></>}
    >
      <p>{t('logout.text')}</p>
      {open > 0 && <p class="gate-note tone-warning">{t('logout.open', { n: open })}</p>}
      {owed > 0 && <p class="gate-note tone-warning">{t('logout.owed', { n: owed })}</p>}
    </Dialog>
  );
}

export function Sheets({ desk }: { desk: Desk }): JSX.Element {
  return <><Help /><Settings /><Confirm desk={desk} what="end" /><Confirm desk={desk} what="release" /><Logout desk={desk} /><DeviceDialog desk={desk} /></>;
}
