/** Before the desk: sign-in, and the pages for "checking", "no answer" and "open in another tab". */
import type { ComponentChildren, JSX } from 'preact';
import { tl } from '../lib/i18n';
import { Button, Spinner } from '../lib/ui';
import { Frame as StaffFrame, Notice, SignInForm } from '../staff/signin';
import { wakeSound } from './alerts';
import { begin, enter, expired, session, takeOver } from './app';
import { t } from './text';

export { problemOf } from '../staff/signin';

const Frame = ({ children }: { children: ComponentChildren }): JSX.Element => <StaffFrame room={t('desk')} foot={t('gate.foot')}>{children}</StaffFrame>;

/** Whatever stands before the desk. */
export function Gate(): JSX.Element {
  switch (session.value) {
    case 'out': return <Frame><SignInForm title={t('signin.title')} expired={expired.value} onStart={wakeSound} onEnter={(who) => enter(who)} /></Frame>;
    case 'elsewhere':
      return (
        <Frame>
          <Notice icon="external" title={t('elsewhere.title')} text={t('elsewhere.text')} action={<Button variant="primary" size="lg" onClick={() => { wakeSound(); void takeOver(); }}>{t('elsewhere.go')}</Button>} />
        </Frame>
      );
    case 'unreachable':
      return (
        <Frame>
          <Notice icon="offline" title={t('unreachable.title')} text={t('unreachable.text')} action={<Button variant="primary" size="lg" icon="refresh" onClick={() => void begin()}>{tl('retry')}</Button>} />
        </Frame>
      );
    default: return <Frame><div class="gate-wait"><Spinner label={tl('loading')} /></div></Frame>;
  }
}
