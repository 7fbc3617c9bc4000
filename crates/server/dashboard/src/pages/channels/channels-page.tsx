import { useRoute } from '../../core/route';
import { useText } from '../../core/locale';
import { WithApp } from '../../ui/with-app';
import { ChannelList } from './channel-list';
import { ChannelPage } from './channel-page';
import { channelTexts } from './texts';

export function ChannelsPage() {
  const t = useText(channelTexts);
  const { path } = useRoute();
  const name = path[1];
  return (
    <WithApp title={t.title} about={t.about}>
      {(app, picker) =>
        name === undefined ? <ChannelList app={app.id} picker={picker} /> : <ChannelPage app={app.id} name={name} />
      }
    </WithApp>
  );
}
