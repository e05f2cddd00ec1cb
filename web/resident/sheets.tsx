/** What opens above the page: settings, the way to a person, the device check, ending. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { ModeButtons } from '../lib/cards/human';
import { tl } from '../lib/i18n';
import { Dialog } from '../lib/overlay';
import { lang, setTextSize, setTheme, textSize, theme } from '../lib/prefs';
import { Button, LinkButton, Segmented } from '../lib/ui';
import { DeviceCheck } from '../lib/video';
import { chat, consult, sheet, toPerson } from './app';
import { t } from './text';

const close = (): void => {
  sheet.value = 'none';
};

function Settings(): JSX.Element {
  const identity = chat.identity.value;
  return (
    <Dialog open={sheet.value === 'settings'} title={t('set.title')} onClose={close}>
      <Segmented
        name="lang" label={t('set.lang')} value={lang.value} onChange={(v) => chat.switchLang(v)}
        options={[{ value: 'zh', label: '中文', lang: 'zh-CN' }, { value: 'en', label: 'English', lang: 'en' }]}
      />
      <Segmented
        name="text" label={t('set.text')} value={textSize.value} onChange={setTextSize}
        options={(['normal', 'large', 'elder'] as const).map((value) => ({ value, label: t(`set.text.${value}`) }))}
      />
      <Segmented
        name="theme" label={t('set.theme')} value={theme.value} onChange={setTheme}
        options={([['auto', 'auto'], ['light', 'sun'], ['dark', 'moon']] as const).map(([value, icon]) => ({ value, icon, label: t(`set.theme.${value}`) }))}
      />
      <section class="stack">
        <h3 class="field-label">{t('set.identity')}</h3>
        {identity ? (
          <>
            <p>{t('set.signed_in', { name: identity.name, city: tl(`city.${identity.city}`), level: identity.level })}</p>
            <Button icon="logout" onClick={() => { chat.signOut(); close(); }}>{t('set.sign_out')}</Button>
          </>
        ) : <p class="field-hint">{t('set.anonymous')}</p>}
      </section>
      <p class="field-hint">{t('set.zh_prevails')}</p>
    </Dialog>
  );
}

function Human(): JSX.Element {
  return (
    <Dialog open={sheet.value === 'human'} title={t('human.title')} onClose={close}>
      <p>{t('human.text')}</p>
      <ModeButtons modes={['text', 'video']} onPick={toPerson} />
      <LinkButton href="tel:12345" variant="quiet" icon="phone">{tl('handoff.hotline', { n: '12345' })}</LinkButton>
    </Dialog>
  );
}

function Check(): JSX.Element {
  const stream = useSignal<MediaStream | null>(null);
  const taken = useRef(false);
  const open = sheet.value === 'check';
  const onStream = (got: MediaStream | null): void => {
    taken.current = false;
    stream.value = got;
  };
  const enter = (): void => {
    if (!stream.value) return;
    taken.current = true;
    consult.enter(stream.value);
    close();
  };
  const waiting = chat.state.value.mode !== 'bot';
  return (
    <Dialog
      open={open} title={t('check.title')} onClose={close}
      footer={
        <>
          {!waiting && <Button onClick={() => toPerson('text')}>{t('check.text_instead')}</Button>}
          <Button variant="primary" icon="camera" disabled={!stream.value} onClick={enter}>{t(waiting ? 'check.rejoin' : 'check.enter')}</Button>
        </>
      }
    >
      <p class="field-hint">{t('check.text')}</p>
      <DeviceCheck onStream={onStream} keep={() => taken.current} />
    </Dialog>
  );
}

function End(): JSX.Element {
  const end = (): void => {
    consult.close();
    chat.cancelHandoff();
    close();
  };
  return (
    <Dialog
      open={sheet.value === 'end'} title={t('human.end')} onClose={close}
      footer={<><Button onClick={close}>{t('human.end.no')}</Button><Button variant="danger" onClick={end}>{t('human.end.yes')}</Button></>}
    >
      <p>{t('human.end.confirm')}</p>
    </Dialog>
  );
}

export function Sheets(): JSX.Element {
  return <><Settings /><Human /><Check /><End /></>;
}
