export type Plan = {
  folder: string;
  fsid: string;
  monitorPort: number;
  gatewayPort: number;
};

/** The text of ceph.conf: one monitor, one storage daemon in memory and one S3 gateway, on the loopback only. */
export function cephConf({ folder, fsid, monitorPort, gatewayPort }: Plan): string {
  const settings: [string, string | number][] = [
    ['fsid', fsid],
    ['mon host', `[v2:127.0.0.1:${monitorPort}/0]`],
    ['public addr', '127.0.0.1'],
    ['cluster addr', '127.0.0.1'],
    ['ms bind ipv6', 'false'],
    ['keyring', `${folder}/keyring`],
    ['run dir', `${folder}/run`],
    ['admin socket', ''],
    ['crash dir', `${folder}/log`],
    ['log file', `${folder}/log/$type.log`],
    ['mon cluster log file', `${folder}/log/cluster.log`],
    ['mon data', `${folder}/monitor`],
    ['mon data avail crit', 1],
    ['mon data avail warn', 2],
    ['mon allow pool size one', 'true'],
    ['osd data', `${folder}/storage`],
    ['osd objectstore', 'memstore'],
    ['memstore device bytes', '4G'],
    ['osd crush chooseleaf type', 0],
    ['osd pool default size', 1],
    ['osd pool default min size', 1],
    ['osd pool default pg num', 4],
    ['osd pool default pgp num', 4],
    ['osd pool default pg autoscale mode', 'off'],
    ['osd class load list', '*'],
    ['osd max object name len', 1024],
    ['rgw data', `${folder}/gateway`],
    ['rgw frontends', `beast endpoint=127.0.0.1:${gatewayPort}`],
    ['rgw run sync thread', 'false'],
    ['rgw enable usage log', 'false'],
  ];
  return ['[global]', ...settings.map(([name, value]) => `${name} = ${value}`), ''].join('\n');
}
