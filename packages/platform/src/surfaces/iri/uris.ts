/** Addresses of things in the facility API, below where the request found it. */
export type Uris = ReturnType<typeof urisOf>;

const part = (id: string): string => encodeURIComponent(id);

/** @param base for example `https://host/api/v2` */
export const urisOf = (base: string) => ({
  facility: () => `${base}/facility`,
  site: (id: string) => `${base}/facility/sites/${part(id)}`,
  resource: (id: string) => `${base}/status/resources/${part(id)}`,
  incident: (id: string) => `${base}/status/incidents/${part(id)}`,
  event: (id: string) => `${base}/status/events/${part(id)}`,
  capability: (id: string) => `${base}/account/capabilities/${part(id)}`,
  project: (id: string) => `${base}/account/projects/${part(id)}`,
  allocation: (project: string, id: string) =>
    `${base}/account/projects/${part(project)}/project_allocations/${part(id)}`,
  share: (project: string, allocation: string, id: string) =>
    `${base}/account/projects/${part(project)}/project_allocations/${part(allocation)}/user_allocations/${part(id)}`,
  task: (id: string) => `${base}/task/${part(id)}`,
});
