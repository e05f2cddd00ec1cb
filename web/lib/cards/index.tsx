/** One card, whatever its type. An unknown type (a newer server) shows nothing here; the message's
 *  plain text is shown instead. */
import type { JSX } from 'preact';
import type { Card } from '../types';
import { Account } from './account';
import { Answer } from './answer';
import { Bundle } from './bundle';
import { Centres } from './centres';
import { Compare } from './compare';
import { Checklist, Choices, Form, Notice, SignIn } from './dialogue';
import type { CardHost } from './host';
import { Handoff, Rating } from './human';

export type { CardHost } from './host';

export const CARD_TYPES: readonly Card['type'][] = [
  'answer', 'choices', 'account', 'sign_in', 'form', 'checklist', 'handoff', 'notice', 'rating',
  'compare', 'bundle', 'centres',
];

export const knownCard = (card: { type: string }): boolean => (CARD_TYPES as readonly string[]).includes(card.type);

export function CardView({ card, host }: { card: Card; host: CardHost }): JSX.Element | null {
  switch (card.type) {
    case 'answer': return <Answer card={card} host={host} />;
    case 'choices': return <Choices card={card} host={host} />;
    case 'account': return <Account card={card} host={host} />;
    case 'sign_in': return <SignIn card={card} host={host} />;
    case 'form': return <Form card={card} host={host} />;
    case 'checklist': return <Checklist card={card} host={host} />;
    case 'handoff': return <Handoff card={card} host={host} />;
    case 'notice': return <Notice card={card} host={host} />;
    case 'rating': return <Rating card={card} host={host} />;
    case 'compare': return <Compare card={card} host={host} />;
    case 'bundle': return <Bundle card={card} host={host} />;
    case 'centres': return <Centres card={card} host={host} />;
    default: return null;
  }
}
