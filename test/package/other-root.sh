# A root of its own: the machine's, with a layer above it and without the clone. Arguments: PROJECT BASE SCRIPT; in BASE, which is of the machine's own
# file system, are the layer and packages; SCRIPT runs in the other root.
set -e
project=$1 base=$2 script=$3
mount --make-rprivate /
mkdir "$base/upper" "$base/work" "$base/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
cd "$base/root"
for place in run tmp; do
  mkdir -p "$place"
done
for place in run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$place"; done
chmod 755 run
[ ! -d "./$project" ] || mount -t tmpfs -o mode=700 tmpfs "./$project"
rm -rf var/lib/sherin*
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty fuse; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
cp "$base"/*.deb tmp/
# Nothing of the machine's own services.
rm -rf etc/systemd/system/*.wants lib/systemd/system/sysinit.target.wants usr/bin/sherinctl
pivot_root . mnt
umount -l mnt
hash -r
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 bash -ec "$script"
