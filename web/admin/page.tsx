/** The list desk: head with the views, and the view; the list in three columns, or one at a time below. */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Agent } from '../lib/types';
import { isWriting } from '../desk/keys';
import { Glyph, type AnyIcon } from '../desk/glyph';
import { singleKeys } from '../desk/prefs';
import { Icon } from '../lib/icons';
import { lang, setLang } from '../lib/prefs';
import { Dialog, Overlay, toast } from '../lib/overlay';
import { BrandMark, Button, cx, Spinner } from '../lib/ui';
import { tl } from '../lib/i18n';
import { Frame, Notice, SignInForm } from '../staff/signin';
import { expired } from './api';
import { begin, editor, enter, follow, go, hrefOf, offline, overview, pane, section, session, sheet, side, signOut, view, VIEWS, wide, work, type Pane, type View } from './app';
import { Editor, submit, turn } from './editor';
import { ImportsView } from './imports';
import { commandOf, keyOf, type Command } from './keys';
import { LearnView } from './learn';
import { List, step } from './list';
import { PublishView } from './publish';
import { ReviewView } from './review';
import { Sheets } from './sheets';
import { SidePane } from './side';
import { TasksView } from './tasks';
import { t } from './text';
import { AuditView, CheckView, VersionsView } from './versions';
import { asking } from './work';

const focus = (selector: string): void => void setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), 30);
const GO: Partial<Record<Command, View>> = { list: 'list', review: 'review', publish: 'publish', versions: 'versions', todo: 'todo', learn: 'learn', imports: 'imports', check: 'check', audit: 'audit' };

/** What each shortcut does. Returns false when there is nothing for it to do here. */
export function perform(command: Command): boolean {
  const now = work.peek(), to = GO[command];
  if (to) {
    goTo(to);
    return true;
  }
  if (command === 'help') { sheet.value = 'help'; return true; }
  if (command === 'lang') { setLang(lang.peek() === 'zh' ? 'en' : 'zh'); return true; }
  if (command === 'save') {
    if (now && view.peek() === 'list') void now.save();
    return true; // never the browser's own "save page"
  }
  if (view.peek() !== 'list') return false;
  switch (command) {
    case 'search': pane.value = 'list'; focus('#search'); return true;
    case 'next': pane.value = 'list'; return step(1);
    case 'previous': pane.value = 'list'; return step(-1);
    case 'edit': if (!now) return false; pane.value = 'edit'; focus('#section-panel :is(textarea, input, select):not([disabled])'); return true;
    case 'submit': if (!now) return false; void submit(now); return true;
    case 'undo': return !!now && now.undo();
    case 'section_next': case 'section_back': if (!now) return false; turn(now, command === 'section_next' ? 1 : -1); focus(`#tab-${section.peek()}`); return true;
    case 'discard': if (!now || (!now.dirty.peek() && !now.draft)) return false; sheet.value = 'discard'; return true;
    case 'wide': wide.value = !wide.peek(); return true;
    case 'preview': case 'changes': case 'cities': case 'history': case 'tasks':
      side.value = command;
      wide.value = false;
      pane.value = 'side';
      focus(`#side-${command}`);
      return true;
    default: return false;
  }
}

function goTo(to: View): void {
  const now = work.peek();
  if (to === 'list' && now) go('list', now.kind, now.key);
  else go(to);
  focus(to === 'list' ? '#search' : '#view-title');
}

function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (sheet.peek() || document.querySelector('.dialog-box')) return;
      const command = commandOf(event, isWriting(event.target), singleKeys.peek());
      if (command && perform(command)) event.preventDefault();
    };
    addEventListener('keydown', press);
    addEventListener('hashchange', follow);
    const net = (): void => {
      offline.value = !navigator.onLine;
      if (!offline.peek()) void work.peek()?.tryNow();
    };
    // Signed in again in another tab: the first answer says so.
    const seen = (): void => { if (!document.hidden && expired.peek() && !asking.peek()) void work.peek()?.tryNow(); };
    addEventListener('online', net);
    addEventListener('offline', net);
    document.addEventListener('visibilitychange', seen);
    return () => { removeEventListener('keydown', press); removeEventListener('hashchange', follow); removeEventListener('online', net); removeEventListener('offline', net); document.removeEventListener('visibilitychange', seen); };
  }, []);
}

const countOf = (of: View): number => {
  const now = overview.value;
  return !now ? 0 : of === 'review' ? now.drafts.in_review : of === 'publish' ? now.drafts.approved : of === 'todo' ? now.tasks : 0;
};

function Nav(): JSX.Element {
  const box = useRef<HTMLElement>(null);
  useEffect(() => { box.current?.querySelector<HTMLElement>('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [view.value]);
  return (
    <nav class="views" aria-label={t('views')} ref={box}>
      {VIEWS.map((of) => {
        const n = countOf(of), now = work.value;
        return (
          <a
            key={of} class={cx('view', view.value === of && 'view-on')} href={of === 'list' && now ? hrefOf('list', now.kind, now.key) : hrefOf(of)}
            aria-current={view.value === of ? 'page' : undefined} title={`${t(`view.${of}`)}（${keyOf(of)}）`} aria-keyshortcuts={keyOf(of)}
          >
            {t(`view.${of}`)}{n > 0 && <><b class="num" aria-hidden="true">{n}</b><span class="sr-only">{t('waiting.n', { n })}</span></>}
          </a>
        );
      })}
    </nav>
  );
}

function Top(): JSX.Element {
  const other = lang.value === 'zh' ? 'en' : 'zh';
  const tool = (icon: AnyIcon, label: string, command: Command | null, act: () => void): JSX.Element => (
    <button type="button" class="icon-btn" aria-label={label} title={command ? `${label}（${keyOf(command)}）` : label} onClick={act}><Glyph name={icon} /></button>
  );
  return (
    <header class="top">
      <div class="top-row">
        <div class="brand"><BrandMark /><div><h1>{t('room')}</h1><p>{overview.value?.list_version}</p></div></div>
        <Nav />
        <div class="top-tools">
          <span class="who"><Icon name="person" /><span>{editor.value?.name}</span></span>
          <button type="button" class="lang-switch" lang={other === 'zh' ? 'zh-CN' : 'en'} title={`${other === 'zh' ? '中文' : 'English'}（${keyOf('lang')}）`} onClick={() => setLang(other)}>{other === 'zh' ? '中文' : 'English'}</button>
          {tool('keyboard', t('help.title'), 'help', () => (sheet.value = 'help'))}
          {tool('gear', t('settings.title'), null, () => (sheet.value = 'settings'))}
          {tool('logout', t('logout'), null, () => (sheet.value = 'logout'))}
        </div>
      </div>
      {offline.value && <div class="strip" role="status"><Icon name="offline" /><span>{t('net.offline')}</span></div>}
      {expired.value && <div class="strip" role="status"><Icon name="warning" /><span>{t('session.strip')}</span><Button size="sm" onClick={() => (asking.value = true)}>{t('session.go')}</Button></div>}
    </header>
  );
}

function Panes(): JSX.Element {
  const panes: { value: Pane; icon: AnyIcon }[] = [{ value: 'list', icon: 'list' }, { value: 'edit', icon: 'pen' }, { value: 'side', icon: 'eye' }];
  return (
    <nav class="panes" aria-label={t('panes')}>
      {panes.map(({ value, icon }) => (
        <button key={value} type="button" class={cx('pane', pane.value === value && 'pane-on')} aria-current={pane.value === value ? 'page' : undefined} onClick={() => (pane.value = value)}><Glyph name={icon} /><span>{t(`pane.${value}`)}</span></button>
      ))}
    </nav>
  );
}

function Shown(): JSX.Element {
  switch (view.value) {
    case 'review': return <ReviewView />;
    case 'publish': return <PublishView />;
    case 'versions': return <VersionsView />;
    case 'todo': return <TasksView />;
    case 'learn': return <LearnView />;
    case 'imports': return <ImportsView />;
    case 'check': return <CheckView />;
    case 'audit': return <AuditView />;
    default: return (
      <div class={cx('cols', wide.value && 'cols-wide')}>
        <section class="col col-list" aria-label={t('pane.list')}><List /></section>
        <section class="col col-edit" aria-label={t('pane.edit')}><Editor /></section>
        <section class="col col-side" aria-label={t('pane.side')}><SidePane /></section>
      </div>
    );
  }
}

/** The sign-in over the page: whatever is written stays where it is. */
function SignInAgain(): JSX.Element {
  const open = asking.value;
  useEffect(() => { if (open) focus('#in-user'); }, [open]);
  const back = async (who: Agent): Promise<void> => {
    const same = who.id === editor.peek()?.id;
    await enter(who);
    if (same) toast(t('session.back'), 'success');
  };
  return (
    <Dialog open={open} title={t('session.title')} onClose={() => (asking.value = false)}>
      {open && <div class="sign-in-again"><SignInForm title={t('signin.title')} expired onEnter={back} /></div>}
    </Dialog>
  );
}

function AdminPage(): JSX.Element {
  useKeys();
  return (
    <div class="admin" data-pane={pane.value} data-view={view.value}>
      <a class="skip-link" href="#main" onClick={(e) => { e.preventDefault(); focus(view.value === 'list' ? (work.value ? '#edit-title' : '#search') : '#view-title'); }}>{t('skip')}</a>
      <Top />
      <main id="main" class={cx('main', view.value !== 'list' && 'main-view')}><Shown /></main>
      {view.value === 'list' && <Panes />}
      <Sheets />
      <SignInAgain />
    </div>
  );
}

function Gate(): JSX.Element {
  const frame = (inside: JSX.Element): JSX.Element => <Frame room={t('room')} foot={t('gate.foot')}>{inside}</Frame>;
  switch (session.value) {
    case 'out': return frame(<SignInForm title={t('signin.title')} expired={false} onEnter={enter} />);
    case 'stranger': return frame(<Notice icon="info" title={t('stranger.title')} text={t('stranger.text')} action={<Button variant="primary" size="lg" onClick={() => void signOut().catch(() => toast(tl('error.generic'), 'warning'))}>{t('stranger.go')}</Button>} />);
    case 'unreachable': return frame(<Notice icon="offline" title={t('unreachable.title')} text={t('unreachable.text')} action={<Button variant="primary" size="lg" icon="refresh" onClick={() => void begin()}>{tl('retry')}</Button>} />);
    default: return frame(<div class="gate-wait"><Spinner label={tl('loading')} /></div>);
  }
}

export function App(): JSX.Element {
  return <>{session.value === 'in' ? <AdminPage key={editor.value?.id} /> : <Gate />}<Overlay /></>;
}
