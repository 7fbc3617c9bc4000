import { useResource, type Resource } from '../../core/resource';

/** A settable field of an app, as the description of the API has it. */
export interface FieldSchema {
  name: string;
  type: 'boolean' | 'integer' | 'string' | 'array';
  description: string;
  minimum?: number;
  maximum?: number;
}

interface OpenApi {
  components: { schemas: { AppPatch: { properties: Record<string, Omit<FieldSchema, 'name'>> } } };
}

/** The fields of an app. A field that the server gains appears here without a change of the dashboard. */
export function useFields(): { fields: FieldSchema[] | null; description: Resource<OpenApi> } {
  const description = useResource<OpenApi>('openapi.json');
  const properties = description.data?.components.schemas.AppPatch.properties;
  const fields = properties ? Object.entries(properties).map(([name, schema]) => ({ ...schema, name })) : null;
  return { fields, description };
}

/** The lines of a text that have one. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** `event_data_bytes` as "Event data bytes", for fields without a label of their own. */
export const titleOf = (name: string) => {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
