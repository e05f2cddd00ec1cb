/** Dialogs: shortcuts, settings, sign-out, discard, withdraw, a new record, and two people's work. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { setFlag, singleKeys } from '../desk/prefs';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { Dialog, toast } from '../lib/overlay';
import { lang, setLang, setTextSize, setTheme, textSize, theme } from '../lib/prefs';
import { Button, cx, Segmented } from '../lib/ui';
import * as api from './api';
import { ApiError, KINDS, type Body, type Json, type Kind } from './api';
import { create, ended, filters, go, isAdmin, refresh, reopen, sheet, shut, signOut, work } from './app';
import { inWords } from './diff';
import { labelOf, SHORTCUTS, type Shortcut } from './keys';
import { pathInWords } from './fields';
import { keepFocus } from './focus';
import { dotted, put } from './paths';
import { t, tk } from './text';
import { Ask } from './versions';
import { said, type Conflict, type Work } from './work';

const close = (): void => void (sheet.value = null);
const GROUPS: Shortcut['group'][] = ['find', 'write', 'look', 'go'];

export function Keys({ label }: { label: string }): JSX.Element {
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
              <dl class="rows-keys">{SHORTCUTS.filter((s) => s.group === group).map((s) => <div key={s.command}><dt>{t(`key.${s.command}`)}</dt><dd><Keys label={labelOf(s)} /></dd></div>)}</dl>
            </section>
          ))}
        </div>
      </div>
    </Dialog>
  );
}

function Settings(): JSX.Element {
  return (
    <Dialog open={sheet.value === 'settings'} title={t('settings.title')} onClose={close}>
      <Segmented label={t('settings.lang')} name="set-lang" value={lang.value} onChange={setLang} options={[{ value: 'zh', label: '中文', lang: 'zh-CN' }, { value: 'en', label: 'English', lang: 'en' }]} />
      <Segmented label={t('settings.theme')} name="set-theme" value={theme.value} onChange={setTheme} options={[{ value: 'auto', label: t('theme.auto'), icon: 'auto' }, { value: 'light', label: t('theme.light'), icon: 'sun' }, { value: 'dark', label: t('theme.dark'), icon: 'moon' }]} />
      <Segmented label={t('settings.size')} name="set-size" value={textSize.value} onChange={setTextSize} options={[{ value: 'normal', label: t('size.normal') }, { value: 'large', label: t('size.large') }, { value: 'elder', label: t('size.elder') }]} />
      <label class="check">
        <input type="checkbox" checked={singleKeys.value} onChange={(e) => setFlag('singleKeys', e.currentTarget.checked)} />
        <span><b>{t('settings.keys')}</b><small>{t('settings.keys_hint')}</small></span>
      </label>
    </Dialog>
  );
}

function Logout(): JSX.Element {
  const busy = useSignal(false);
  const leave = async (): Promise<void> => {
    busy.value = true;
    await signOut().catch((error: unknown) => toast(said(error), 'warning'));
    busy.value = false;
  };
  return (
    <Dialog open={sheet.value === 'logout'} title={t('logout.title')} onClose={close} footer={<><Button onClick={close}>{t('cancel')}</Button><Button variant="primary" busy={busy.value} onClick={() => void leave()}>{t('logout')}</Button></>}>
      <p>{t('logout.text')}</p>
    </Dialog>
  );
}

/** First what is not saved; then, asked for again, the draft. */
function Discard({ of }: { of: Work | null }): JSX.Element {
  const open = sheet.value === 'discard' && !!of;
  const local = !!of?.dirty.value, kept = !!of?.draft;
  const dropText = (): void => {
    const nothingLeft = of?.fresh;
    of?.revert();
    close();
    if (!nothingLeft) return keepFocus('#edit-title');
    shut();
    go('list');
    keepFocus('#search');
  };
  if (local) {
    return (
      <Dialog open={open} title={t('discard.text_title')} onClose={close} footer={<><Button onClick={close}>{t('cancel')}</Button><Button variant="danger" onClick={dropText}>{t('discard.text_go')}</Button></>}>
        <p>{t(kept ? 'discard.text_saved' : 'discard.text')}</p>
      </Dialog>
    );
  }
  return <Ask open={open && kept} title={t('discard.draft_title')} text={t('discard.draft')} go={t('discard.draft_go')} danger onClose={close} onGo={async (why) => { await of?.discard(why); toast(t('discard.done'), 'success'); await reopen(); keepFocus('#edit-title', '#search'); }} />;
}

/** A withdrawal is reviewed like any change; an admin may also do it at once. */
function Withdraw({ of }: { of: Work | null }): JSX.Element {
  const now = useSignal(false);
  return (
    <Ask
      open={sheet.value === 'withdraw' && !!of} title={t('withdraw.title', { key: of?.key ?? '' })} text={t('withdraw.text')} go={t(now.value ? 'withdraw.now_go' : 'withdraw.go')} danger onClose={close}
      extra={isAdmin.value && <label class="fld-check"><input type="checkbox" checked={now.value} onChange={(e) => (now.value = e.currentTarget.checked)} /><span>{t('withdraw.now')}</span></label>}
      onGo={async (why) => {
        if (!of) return;
        if (now.value) {
          const { version } = await api.withdrawNow(of.kind, of.key, why);
          toast(t('withdraw.now_done', { n: version.number }), 'success', 9000);
          now.value = false;
          work.value = null;
          void refresh();
          go('list');
          keepFocus('#search');
          return;
        }
        const done = await api.newDraft({ kind: of.kind, key: of.key, why, withdraw: true });
        await api.step(done.draft.id, 'submit', done.draft.version, why);
        toast(t('withdraw.done'), 'success');
        await reopen();
        keepFocus('#edit-title');
      }}
    />
  );
}

/** After a dialog has closed and given the focus back. */
const AFTER_MS = 200;
const PATTERNS: Record<Kind, RegExp> = {
  item: /^SG-[A-Z]{2}-\d{3}$/, source: /^S\d{1,2}[a-z]?$/, centre: /^(SZ|DG)-[A-Z0-9]{2,12}(-[A-Z0-9]{1,8})?$/, bundle: /^B-[A-Z]{2,20}$/,
  liaison: /^L-[A-Z0-9-]{2,30}$/, door_offer: /^D-[A-Z0-9-]{2,30}$/, outside: /^anchors$/,
};
const EXAMPLES: Record<Kind, string> = { item: 'SG-HR-099', source: 'S99', centre: 'SZ-FUTIAN', bundle: 'B-NEWBORN', liaison: 'L-SZ-HRSS', door_offer: 'D-DG-SSL', outside: 'anchors' };

function NewRecord(): JSX.Element {
  const kind = useSignal<Kind>(filters.peek().kind), key = useSignal(''), problem = useSignal(''), busy = useSignal(false), there = useSignal<string | null>(null);
  const wrong = (text: string): void => {
    problem.value = text;
    document.getElementById('new-key')?.focus();
  };
  const open = (code: string): void => { close(); go('list', kind.value, code); keepFocus('#edit-title'); };
  const begin = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (busy.value) return;
    const text = key.value.trim(), code = kind.value === 'source' ? text : kind.value === 'outside' ? text.toLowerCase() : text.toUpperCase();
    there.value = null;
    if (!PATTERNS[kind.value].test(code)) return wrong(t('new.bad', { example: EXAMPLES[kind.value] }));
    busy.value = true;
    try {
      const found = await api.record(kind.value, code);
      there.value = code;
      wrong(t('new.exists', { code, name: found.name[lang.value] }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) {
        close();
        create(kind.value, code);
        setTimeout(() => document.querySelector<HTMLElement>('#section-panel :is(textarea, input, select)')?.focus(), AFTER_MS);
      } else if (!ended(error)) wrong(said(error));
    }
    busy.value = false;
  };
  return (
    <Dialog open={sheet.value === 'new'} title={t('new.title')} onClose={close} footer={<><Button onClick={close}>{t('cancel')}</Button><Button variant="primary" busy={busy.value} onClick={() => void begin()}>{t('new.go')}</Button></>}>
      <form class="stack" onSubmit={(e) => void begin(e)}>
        <label class="pick"><span>{t('kind')}</span><select class="input" value={kind.value} onChange={(e) => { kind.value = e.currentTarget.value as Kind; problem.value = ''; there.value = null; }}>{KINDS.filter((k) => k !== 'outside').map((k) => <option key={k} value={k}>{tk(`k.${k}`)}</option>)}</select></label>
        <div class="fld"><label class="fld-label" for="new-key">{t('new.key')}</label>
          <input id="new-key" class="input mono" value={key.value} placeholder={EXAMPLES[kind.value]} autoComplete="off" spellcheck={false} aria-invalid={!!problem.value} onInput={(e) => { key.value = e.currentTarget.value; problem.value = ''; there.value = null; }} />
          <p class="field-problem" role="alert">{problem.value && <><Icon name="warning" />{problem.value}</>}</p>
          {there.value && <p><Button size="sm" onClick={() => open(there.value ?? '')}>{t('task.open', { key: there.value })}</Button></p>}</div>
      </form>
    </Dialog>
  );
}

function Value({ value }: { value: Json | undefined }): JSX.Element {
  const words = inWords(value ?? null);
  return words.length ? <>{words.map((w, i) => <p key={i}>{w}</p>)}</> : <p class="blank">{t('blank')}</p>;
}

/** Three ways: what it was, what the other side made of it, what is written here. */
function Settle({ conflict }: { conflict: Conflict }): JSX.Element {
  const theirs = useSignal<ReadonlySet<string>>(new Set());
  const pick = (key: string, on: boolean): void => {
    const next = new Set(theirs.value);
    if (on) next.add(key);
    else next.delete(key);
    theirs.value = next;
  };
  const done = (): void => {
    let body: Body = conflict.merged;
    for (const clash of conflict.clashes) if (theirs.value.has(dotted(clash.path))) body = put(body, clash.path, clash.theirs ?? null);
    conflict.then(body);
    toast(t('conflict.done'), 'success');
  };
  return (
    <Dialog
      open title={t('conflict.title')} wide onClose={done} closeLabel={t('conflict.keep')}
      footer={<><Button onClick={() => conflict.then(conflict.theirs)}>{t('conflict.theirs_all')}</Button><Button variant="primary" onClick={done}>{t('conflict.go')}</Button></>}
    >
      <p>{t(`conflict.${conflict.kind}`, { name: conflict.by, at: moment(conflict.at) })}</p>
      {conflict.clashes.length === 0 ? <p class="note tone-success"><Icon name="success" /><span>{t('conflict.none')}</span></p> : <p>{t('conflict.some', { n: conflict.clashes.length })}</p>}
      <div class="clashes">
        {conflict.clashes.map((clash) => {
          const key = dotted(clash.path), name = `clash-${key}`;
          return (
            <fieldset key={key} class="clash">
              <legend>{pathInWords(clash.path)}</legend>
              <div class="clash-base"><small>{t('conflict.base')}</small><Value value={clash.base} /></div>
              {([false, true] as const).map((other) => (
                <label key={String(other)} class={cx('clash-side', theirs.value.has(key) === other && 'clash-on')}>
                  <span><input type="radio" name={name} checked={theirs.value.has(key) === other} onChange={() => pick(key, other)} /><b>{t(other ? 'conflict.theirs' : 'conflict.mine')}</b></span>
                  <Value value={other ? clash.theirs : clash.mine} />
                </label>
              ))}
            </fieldset>
          );
        })}
      </div>
    </Dialog>
  );
}

export function Sheets(): JSX.Element {
  const of = work.value, conflict = of?.conflict.value;
  return <><Help /><Settings /><Logout /><Discard of={of} /><Withdraw of={of} />{sheet.value === 'new' && <NewRecord />}{conflict && <Settle key={conflict.at} conflict={conflict} />}</>;
}

