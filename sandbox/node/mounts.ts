/** The sysctls that the kubelet sets at its start (k8s.io/kubernetes pkg/kubelet/cm), with the values that it expects. */
const sysctls = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

/**
 * POSIX shell for a new mount namespace. Its arguments are a folder of the sandbox and the folders that must stay visible. Afterwards the
 * state folders of the kubelet, containerd, runc and CNI are in memory that is freed with the namespace, and the sysctls are plain files.
 */
export const mounts = `
folder=$1
mount -n -t proc proc /proc
hide() {
  mount -n -t tmpfs -o mode=755 tmpfs "$folder/tmp"
  for need; do
    case "$need" in "$place"/*) mkdir -p "$folder/tmp\${need#"$place"}"; mount -n --rbind "$need" "$folder/tmp\${need#"$place"}" ;; esac
  done
  mount -n --move "$folder/tmp" "$place"
}
for place in /run /var/lib /var/log; do hide "$@"; done
mkdir "$folder/sysctls"
shadow() {
  [ -e "/proc/sys/$1" ] || return 0
  printf %s "$2" > "$folder/sysctls/\${1##*/}"
  mount -n --bind "$folder/sysctls/\${1##*/}" "/proc/sys/$1"
}
${Object.entries(sysctls)
  .map(([name, value]) => `shadow ${name} ${value}`)
  .join("\n")}
printf '127.0.0.1 localhost sandbox\\n' > "$folder/hosts"
mount -n --bind "$folder/hosts" /etc/hosts`;
