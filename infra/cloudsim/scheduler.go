package cloudsim

import (
	"context"
	"fmt"
	"time"
)

// schedule runs a job at its interval until the context ends.
func (c *Cloud) schedule(ctx context.Context, job Job) {
	ticker := time.NewTicker(job.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if _, err := c.Publish(ctx, job.Topic, job.Data, nil); err != nil && ctx.Err() == nil {
			c.log.Error("job failed", "job", job.Name, "error", err)
		}
	}
}

// RunJob runs a job now, by its name, whatever its interval.
func (c *Cloud) RunJob(ctx context.Context, name string) error {
	for _, job := range c.config.Jobs {
		if job.Name == name {
			_, err := c.Publish(ctx, job.Topic, job.Data, nil)
			return err
		}
	}
	return fmt.Errorf("run job: no job %q", name)
}
