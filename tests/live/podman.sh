# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# podman.sh - sourced: podman with a configuration and a storage of its own, below the
# directory $1 of podman_setup. The machine's containers, images and settings neither
# matter nor change. podman_run is podman with all of that.
#
# Where the machine is itself a small virtual machine or a container, limits cannot be
# raised and systemd is not there: hence the ulimits, and cgroupfs.
podman_setup() # DIR (absolute)
{
	podman_dir=$1
	podman_driver=overlay
	mkdir -p "$podman_dir/tmp"
	case $(stat -f -c %T "$podman_dir") in
	overlayfs) podman_driver=vfs ;; # no overlay on an overlay
	esac
	cat > "$podman_dir/containers.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
		netns = "host"
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		lock_type = "file"
		runtime = "runc"
	END
	cat > "$podman_dir/storage.conf" <<-END
		[storage]
		driver = "$podman_driver"
		graphroot = "$podman_dir/storage"
		runroot = "$podman_dir/run"
	END
	echo 'unqualified-search-registries = []' > "$podman_dir/registries.conf"
	echo '{}' > "$podman_dir/auth.json"
}

podman_run()
{
	CONTAINERS_CONF=$podman_dir/containers.conf TMPDIR=$podman_dir/tmp \
		CONTAINERS_STORAGE_CONF=$podman_dir/storage.conf \
		CONTAINERS_REGISTRIES_CONF=$podman_dir/registries.conf \
		REGISTRY_AUTH_FILE=$podman_dir/auth.json \
		podman --tmpdir "$podman_dir/libpod" "$@"
}

# Nothing mounted and nothing running is left; the layers stay, as a cache.
podman_done()
{
	podman_run rm --all --force --time 0 > /dev/null 2>&1 || :
	podman_run image unmount --all --force > /dev/null 2>&1 || :
	local place
	for place in "$podman_dir/storage/$podman_driver" "$podman_dir/storage"; do
		! mountpoint -q "$place" || umount "$place" || :
	done
	for place in /sys/fs/cgroup /sys/fs/cgroup/*; do # another podman may use them
		rmdir "$place"/libpod_parent/conmon "$place"/libpod_parent 2> /dev/null || :
	done
}
