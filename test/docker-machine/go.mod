module wrap

go 1.21

require (
	github.com/Azure/azure-sdk-for-go v5.0.0-beta+incompatible
	github.com/Azure/go-autorest v7.2.1+incompatible
	github.com/aws/aws-sdk-go v1.34.0
	github.com/bugsnag/bugsnag-go v0.0.0-20151120182711-02e952891c52
	github.com/bugsnag/osext v0.0.0-20130617224835-0dd3f918b21b
	github.com/bugsnag/panicwrap v0.0.0-20160118154447-aceac81c6e2f
	github.com/cenkalti/backoff v0.0.0-20141124221459-9831e1e25c87
	github.com/codegangsta/cli v1.11.1-0.20151120215642-0302d3914d2a
	github.com/digitalocean/godo v0.0.0-20170317202744-d59ed2fe842b
	github.com/docker/docker v1.13.1
	github.com/docker/machine v0.16.2
	github.com/exoscale/egoscale v0.9.23
	github.com/go-ini/ini v1.25.4
	github.com/intel-go/cpuid v0.0.0-20181003105527-1a4a6f06a1c6
	github.com/mitchellh/mapstructure v1.1.2
	github.com/rackspace/gophercloud v0.0.0-20150408191457-ce0f487f6747
	github.com/samalba/dockerclient v0.0.0-20151231000007-f661dd4754aa
	github.com/sirupsen/logrus v1.0.4
	github.com/skarademir/naturalsort v0.0.0-20150715044055-69a5d87bef62
	github.com/tent/http-link-go v0.0.0-20130702225549-ac974c61c2f9
	github.com/vmware/govcloudair v0.0.2
	github.com/vmware/govmomi v0.6.2
	golang.org/x/crypto v0.17.0
	golang.org/x/net v0.17.0
	golang.org/x/oauth2 v0.0.0-20211104180415-d3ed0bb246c8
	golang.org/x/sys v0.15.0
	google.golang.org/api v0.57.0
)

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible // indirect
	github.com/docker/go-units v0.5.0 // indirect
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/jinzhu/copier v0.4.0 // indirect
	golang.org/x/term v0.15.0 // indirect
)
