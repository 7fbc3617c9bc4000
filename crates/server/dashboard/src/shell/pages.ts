import type { ComponentType } from 'preact';

import { texts } from '../core/locale';
import { AppsPage } from '../pages/apps/apps-page';
import { ChannelsPage } from '../pages/channels/channels-page';
import { ChecksPage } from '../pages/checks/checks-page';
import { ConnectionsPage } from '../pages/connections/connections-page';
import { CreatorPage } from '../pages/creator/creator-page';
import { LivePage } from '../pages/live/live-page';
import { OverviewPage } from '../pages/overview/overview-page';
import { WhyPage } from '../pages/why/why-page';
import type { IconName } from '../ui/icon';

export type PageName = 'overview' | 'live' | 'channels' | 'connections' | 'why' | 'events' | 'apps' | 'checks';

/** The pages in the order of the navigation. The first is shown for an unknown place. */
export const pages: { name: PageName; icon: IconName; Component: ComponentType }[] = [
  { name: 'overview', icon: 'overview', Component: OverviewPage },
  { name: 'live', icon: 'live', Component: LivePage },
  { name: 'channels', icon: 'channels', Component: ChannelsPage },
  { name: 'connections', icon: 'connections', Component: ConnectionsPage },
  { name: 'why', icon: 'why', Component: WhyPage },
  { name: 'events', icon: 'send', Component: CreatorPage },
  { name: 'apps', icon: 'apps', Component: AppsPage },
  { name: 'checks', icon: 'checks', Component: ChecksPage },
];

export const pageTitles = texts<Record<PageName, string>>({
  en: {
    overview: 'Overview',
    live: 'Live',
    channels: 'Channels',
    connections: 'Connections',
    why: 'Why?',
    events: 'Event creator',
    apps: 'Apps',
    checks: 'Set-up check',
  },
  fr: {
    overview: 'Aperçu',
    live: 'En direct',
    channels: 'Canaux',
    connections: 'Connexions',
    why: 'Pourquoi ?',
    events: 'Émettre',
    apps: 'Applications',
    checks: 'Diagnostic',
  },
});
