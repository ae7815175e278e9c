// A driver of docker-machine whose machines are containers that pass for VMs: with it, create, start, stop, restart, kill
// and rm do what they say, without a hypervisor. Built from the pins beside this folder, by test/helpers/docker-machine.ts.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/docker/machine/libmachine/drivers"
	"github.com/docker/machine/libmachine/drivers/plugin"
	"github.com/docker/machine/libmachine/mcnflag"
	"github.com/docker/machine/libmachine/ssh"
	"github.com/docker/machine/libmachine/state"
)

// One flag of `docker run` in each line; the tests' own stand-ins are started with the same.
//
//go:embed run-flags.txt
var runFlags string

const driverName = "container"

type driver struct {
	*drivers.BaseDriver
	Image   string
	Network string
	Label   string
	CPUs    int
	Memory  int
	Disk    int
}

func newDriver(name, store string) drivers.Driver {
	return &driver{BaseDriver: &drivers.BaseDriver{MachineName: name, StorePath: store}}
}

func (d *driver) DriverName() string { return driverName }

func (d *driver) GetCreateFlags() []mcnflag.Flag {
	return []mcnflag.Flag{
		mcnflag.StringFlag{Name: "container-image", EnvVar: "CONTAINER_IMAGE", Usage: "image of a stand-in"},
		mcnflag.StringFlag{Name: "container-network", EnvVar: "CONTAINER_NETWORK", Usage: "docker network; its name begins the machine's"},
		mcnflag.StringFlag{Name: "container-label", EnvVar: "CONTAINER_LABEL", Usage: "KEY=VALUE on everything that is made"},
		mcnflag.IntFlag{Name: "container-cpu-count", Usage: "cores", Value: 1},
		mcnflag.IntFlag{Name: "container-memory", Usage: "MB", Value: 1024},
		mcnflag.IntFlag{Name: "container-disk-size", Usage: "MB, only noted", Value: 20000},
	}
}

func (d *driver) SetConfigFromFlags(flags drivers.DriverOptions) error {
	d.Image = flags.String("container-image")
	d.Network = flags.String("container-network")
	d.Label = flags.String("container-label")
	d.CPUs = flags.Int("container-cpu-count")
	d.Memory = flags.Int("container-memory")
	d.Disk = flags.Int("container-disk-size")
	d.SetSwarmConfigFromFlags(flags)
	if d.Image == "" || d.Network == "" || d.Label == "" {
		return errors.New("container driver requires --container-image, --container-network and --container-label")
	}
	return nil
}

// Found before anything is made, as other drivers find that their hypervisor is missing.
func (d *driver) PreCreateCheck() error {
	_, err := docker("image", "inspect", d.Image)
	return err
}

func (d *driver) Create() error {
	if err := ssh.GenerateSSHKey(d.GetSSHKeyPath()); err != nil {
		return err
	}
	key, err := os.ReadFile(d.GetSSHKeyPath() + ".pub")
	if err != nil {
		return err
	}
	if _, err := docker("volume", "create", "--label", d.Label, d.container()); err != nil {
		return err
	}
	args := []string{
		"run", "--detach", "--name", d.container(), "--hostname", d.MachineName, "--label", d.Label,
		"--network", d.Network, "--network-alias", d.MachineName, "--volume", d.container() + ":/var/lib/docker",
		"--cpus", strconv.Itoa(d.CPUs), "--memory", strconv.Itoa(d.Memory) + "m",
		"--env", "MACHINE_KEYS=" + strings.TrimSpace(string(key)),
	}
	for _, line := range strings.Split(strings.TrimSpace(runFlags), "\n") {
		args = append(args, line)
	}
	if _, err := docker(append(args, d.Image)...); err != nil {
		return err
	}
	return d.readAddress()
}

func (d *driver) readAddress() error {
	address, err := docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", d.container())
	if err != nil {
		return err
	}
	d.IPAddress = address
	return nil
}

func (d *driver) GetSSHHostname() (string, error) { return d.GetIP() }

func (d *driver) GetURL() (string, error) {
	if err := drivers.MustBeRunning(d); err != nil {
		return "", err
	}
	return fmt.Sprintf("tcp://%s:2376", d.IPAddress), nil
}

func (d *driver) GetState() (state.State, error) {
	status, err := docker("inspect", "--format", "{{.State.Status}}", d.container())
	if err != nil {
		return state.Error, err
	}
	switch status {
	case "running":
		return state.Running, nil
	case "paused":
		return state.Paused, nil
	case "restarting", "created":
		return state.Starting, nil
	default:
		return state.Stopped, nil
	}
}

func (d *driver) Start() error {
	if _, err := docker("start", d.container()); err != nil {
		return err
	}
	return d.readAddress()
}

func (d *driver) Stop() error {
	_, err := docker("stop", d.container())
	return err
}

func (d *driver) Kill() error {
	_, err := docker("kill", d.container())
	return err
}

func (d *driver) Restart() error {
	if err := d.Stop(); err != nil {
		return err
	}
	return d.Start()
}

func (d *driver) Remove() error {
	for _, args := range [][]string{{"rm", "--force", "--volumes", d.container()}, {"volume", "rm", d.container()}} {
		if _, err := docker(args...); err != nil && !strings.Contains(strings.ToLower(err.Error()), "no such") {
			return err
		}
	}
	return nil
}

func (d *driver) container() string { return d.Network + "-" + d.MachineName }

// With the environment of whoever calls docker-machine, but without the variables that lead docker elsewhere.
func docker(args ...string) (string, error) {
	command := exec.Command("docker", args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "DOCKER_") {
			command.Env = append(command.Env, variable)
		}
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("docker %s: %v: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

func main() { plugin.RegisterDriver(newDriver("", "")) }
