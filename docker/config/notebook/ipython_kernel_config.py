# Every Python kernel, in /etc/ipython: system-wide, so that the volume on the home folder does not hide it.
c = get_config()  # noqa: F821
c.InteractiveShellApp.exec_files.append("/opt/spark-swarm/notebook/cluster-defaults.py")
