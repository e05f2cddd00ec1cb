/** The resident page: header, notes, thread, composer, and what opens above them. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { tl } from '../lib/i18n';
import { Overlay } from '../lib/overlay';
import { lang, store } from '../lib/prefs';
import { Banner, Button, cx, LinkButton } from '../lib/ui';
import { ModeButtons } from '../lib/cards/human';
import { signal } from '@preact/signals';
import { chat, consult, toPerson } from './app';
import { CallPanel } from './call';
import { Composer } from './composer';
import { Suggestions } from './empty';
import { Header } from './header';
import { HumanBar } from './human';
import { Sheets } from './sheets';
import { t } from './text';
import { Thread } from './thread';

const sandboxHidden = signal(store.get('sg.sandbox.seen') === '1');

function hideSandbox(): void {
  sandboxHidden.value = true;
  store.set('sg.sandbox.seen', '1');
}

/** The one thing worth saying about the connection or the assistant, if any. */
function Notes(): JSX.Element {
  const link = chat.socket.link.value;
  const { assistant, mode } = chat.state.value;
  return (
    <div class="notes">
      {link === 'offline' ? <Banner tone="warning" icon="offline">{tl('net.offline')}</Banner>
        : link === 'retrying' ? <Banner tone="warning" icon="refresh">{tl('net.retrying')}</Banner>
        : link === 'stopped' ? (
          <Banner tone="urgent" action={<Button size="sm" onClick={() => chat.socket.restart()}>{t('stopped.action')}</Button>}>{t('stopped')}</Banner>
        )
        : mode === 'bot' && assistant === 'down' ? <Banner tone="urgent">{t('down')}</Banner>
        : mode === 'bot' && assistant === 'warming' ? <Banner tone="info" icon="clock">{t('warming')}</Banner>
        : null}
      {chat.sandbox.value && !sandboxHidden.value && (
        <Banner tone="warning" live={false} action={<Button size="sm" variant="quiet" onClick={hideSandbox}>{t('sandbox.hide')}</Button>}>
          {t('sandbox')}
        </Banner>
      )}
    </div>
  );
}

/** Wide screens only: what people come for, and the way to a person. */
function Aside(): JSX.Element {
  return (
    <aside class="aside" aria-label={t('aside.label')}>
      {chat.lines.value.length > 0 && (
        <section class="aside-block">
          <h2>{t('aside.tasks')}</h2>
          <Suggestions compact />
        </section>
      )}
      <section class="aside-block">
        <h2>{t('aside.help')}</h2>
        <p>{t('aside.help.text')}</p>
        <ModeButtons modes={['text', 'video']} onPick={toPerson} disabled={chat.state.value.mode !== 'bot'} />
        <LinkButton href="tel:12345" variant="quiet" icon="phone">{t('aside.hotline')}</LinkButton>
      </section>
      <p class="aside-about">{t('aside.about')}</p>
    </aside>
  );
}

/** Keeps the page as high as what the keyboard leaves visible, where CSS alone cannot. */
function useVisibleHeight(): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return;
    const fit = (): void => {
      // Pinch zoom shrinks the viewport too; then the layout must stay as it is.
      const keyboard = view.scale === 1 && window.innerHeight - view.height > 120;
      document.documentElement.style.setProperty('--visible', keyboard ? `${view.height}px` : '100dvh');
      if (keyboard) window.scrollTo(0, 0);
    };
    view.addEventListener('resize', fit);
    return () => view.removeEventListener('resize', fit);
  }, []);
}

export function App(): JSX.Element {
  useVisibleHeight();
  const unread = chat.unread.value;
  useEffect(() => {
    document.title = `${unread && document.hidden ? `(${unread}) ` : ''}${t('app.name')}`;
  }, [unread, lang.value]);
  const inCall = consult.view.value !== 'none';
  return (
    <>
      <a class="skip-link" href="#compose">{t('app.skip')}</a>
      <div class={cx('shell', inCall && 'in-call', consult.view.value === 'call' && consult.large.value && 'call-large')}>
        <Header sandboxTag={chat.sandbox.value && sandboxHidden.value} />
        <div class="body">
          <Aside />
          <main class="main">
            <Notes />
            <HumanBar />
            <CallPanel />
            <Thread />
            <Composer />
          </main>
        </div>
      </div>
      <Sheets />
      <Overlay />
    </>
  );
}
