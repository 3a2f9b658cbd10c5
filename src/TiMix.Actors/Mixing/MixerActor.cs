using Akka.Actor;
using TiMix.Actors.Messages;
using TiMix.Exchange;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;
using TiMix.Work.Compute;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;

namespace TiMix.Actors.Mixing;

/// <summary>
/// Serves trainers on demand: asks a loader for the samples, waits for the version of the teacher that the step calls for, and
/// answers with the mix plan and the teacher's features. Asking again for what is under way changes nothing.
/// </summary>
public sealed class MixerActor : ReceiveActor, IWithTimers
{
    private sealed record Retry : INoSerializationVerificationNeeded
    {
        public static readonly Retry Instance = new();
    }

    private sealed record Done(MixerMessages.Mix Request, LoaderMessages.Loaded Samples, MixerAnswer? Answer) : INoSerializationVerificationNeeded;

    private sealed record TeacherHere(long Lineage, long Version, float[]? Parameters) : INoSerializationVerificationNeeded;

    private sealed class Job(IActorRef asker)
    {
        public IActorRef Asker { get; set; } = asker;

        public LoaderMessages.Loaded? Samples { get; set; }

        public int Attempts { get; set; }

        public bool Started { get; set; }
    }

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly SortedDictionary<(long Step, int MicroBatch), Job> _jobs = [];
    private readonly SortedDictionary<long, float[]> _teachers = [];
    private readonly Dictionary<long, long> _wanted = [];
    private readonly ComputeThread _thread = new("mixer");
    private readonly ComputeThread _fetching = new("teacher fetcher");
    private readonly CancellationTokenSource _stopped = new();
    private readonly Recipe _recipe;
    private readonly Mixer _mixer;
    private readonly ServiceDirectory _services;
    private readonly ExchangeNode _exchange;
    private long _lineage;

    /// <param name="recipe">Method, seeds and schedules.</param>
    /// <param name="model">Sizes of the teacher.</param>
    /// <param name="device">Where the teacher computes.</param>
    /// <param name="exchange">Where bundles are.</param>
    public MixerActor(Recipe recipe, ModelConfig model, TorchSharp.torch.Device device, ExchangeNode exchange)
    {
        (_recipe, _exchange, _services) = (recipe, exchange, new ServiceDirectory(Context.System));
        _mixer = new Mixer(recipe, model, device);
        Receive<NodeMessages.Roster>(roster =>
        {
            if (_services.Update(roster))
            {
                AskLoadersAgain();
            }
        });
        Receive<MixerMessages.Mix>(Accept);
        Receive<LoaderMessages.Loaded>(Take);
        Receive<LoaderMessages.LoadFailed>(failed =>
        {
            if (_jobs.Remove((failed.Step, failed.MicroBatch), out var job))
            {
                job.Asker.Tell(new MixerMessages.MixFailed(_lineage, failed.Step, failed.MicroBatch, failed.Reason));
            }
        });
        Receive<MixerMessages.TeacherPublished>(published =>
        {
            Follow(published.Lineage);
            if (published.Lineage == _lineage && !_teachers.ContainsKey(published.Version))
            {
                _fetching.Run(() =>
                {
                    using var bundle = _exchange.Take(((TeacherParameters)published.Parameters).Parameters, _stopped.Token);
                    return new TeacherHere(published.Lineage, published.Version, bundle?.Get<float>("parameters").ToArray());
                }).PipeTo(Self, Self);
            }
            else
            {
                _exchange.Release(((TeacherParameters)published.Parameters).Parameters);
            }
        });
        Receive<TeacherHere>(teacher =>
        {
            if (teacher.Lineage == _lineage && teacher.Parameters is not null)
            {
                _teachers[teacher.Version] = teacher.Parameters;
                StartAll();
            }
        });
        Receive<Done>(Answer);
        Receive<Retry>(_ =>
        {
            AskLoadersAgain();
            StartAll();
        });
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Mixing failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(Recipe recipe, ModelConfig model, TorchSharp.torch.Device device, ExchangeNode exchange) =>
        Akka.Actor.Props.Create(() => new MixerActor(recipe, model, device, exchange));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("retry", Retry.Instance, RetryAfter);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _ = _thread.Run(() =>
        {
            _mixer.Dispose();
            return true;
        });
        _thread.Dispose();
        _fetching.Dispose();
        _exchange.Bundles.ReleaseOwner(Self.Path.ToString());
    }

    /// <summary>A new lineage makes all that older teachers said void.</summary>
    private void Follow(long lineage)
    {
        if (lineage <= _lineage)
        {
            return;
        }

        _lineage = lineage;
        _teachers.Clear();
        foreach (var key in _jobs.Where(pair => !pair.Value.Started).Select(pair => pair.Key).ToList())
        {
            _jobs.Remove(key);
        }
    }

    private void Accept(MixerMessages.Mix request)
    {
        Follow(request.Lineage);
        if (request.Lineage < _lineage)
        {
            return;
        }

        if (_jobs.TryGetValue((request.Step, request.MicroBatch), out var job))
        {
            job.Asker = Sender;
            return;
        }

        DropPassed(request.Step);
        _jobs.Add((request.Step, request.MicroBatch), job = new Job(Sender));
        AskLoader(request.Step, request.MicroBatch, job);
    }

    /// <summary>What nobody can want any more: steps so far behind have been applied.</summary>
    private void DropPassed(long step)
    {
        foreach (var (key, job) in _jobs.Where(pair => pair.Key.Step < step - _recipe.Run.Prefetch - 2 && !pair.Value.Started).ToList())
        {
            _jobs.Remove(key);
            if (job.Samples is { } samples)
            {
                _exchange.Release(((LoadedSamples)samples.Samples).Samples);
            }
        }
    }

    private void AskLoader(long step, int microBatch, Job job) => _services.Loader(step, microBatch, job.Attempts++)?.Tell(new LoaderMessages.Load(step, microBatch));

    private void AskLoadersAgain()
    {
        foreach (var (key, job) in _jobs.Where(pair => pair.Value.Samples is null))
        {
            AskLoader(key.Step, key.MicroBatch, job);
        }
    }

    private void Take(LoaderMessages.Loaded loaded)
    {
        if (!_jobs.TryGetValue((loaded.Step, loaded.MicroBatch), out var job) || job.Samples is not null)
        {
            _exchange.Release(((LoadedSamples)loaded.Samples).Samples);
            return;
        }

        job.Samples = loaded;
        TryStart(loaded.Step, loaded.MicroBatch, job);
    }

    private void StartAll()
    {
        foreach (var (key, job) in _jobs.ToList())
        {
            TryStart(key.Step, key.MicroBatch, job);
        }
    }

    private void TryStart(long step, int microBatch, Job job)
    {
        if (job.Started || job.Samples is not { } loaded)
        {
            return;
        }

        var version = _recipe.Plan().TeacherVersionAt(step);
        float[]? parameters = null;
        if (Mixer.NeedsTeacher(_recipe, _recipe.SettingsAt(step)) && !_teachers.TryGetValue(version, out parameters))
        {
            if (_wanted.TryGetValue(version, out var at) && Environment.TickCount64 - at < RetryAfter.TotalMilliseconds / 2)
            {
                return;
            }

            _wanted[version] = Environment.TickCount64;
            job.Asker.Tell(new MixerMessages.WantTeacher(_lineage, version));
            return;
        }

        foreach (var old in _teachers.Keys.Where(key => key < version - 1).ToList())
        {
            _teachers.Remove(old);
            _wanted.Remove(old);
        }

        job.Started = true;
        var request = new MixerMessages.Mix(_lineage, step, microBatch);
        _thread.Run(() =>
        {
            using var samples = _exchange.Read(((LoadedSamples)loaded.Samples).Samples, _stopped.Token);
            return new Done(request, loaded, samples is null ? null : _mixer.Run(step, microBatch, SampleBundle.Unpack(samples), parameters));
        }).PipeTo(Self, Self);
    }

    private void Answer(Done done)
    {
        var (request, samples) = (done.Request, done.Samples);
        if (!_jobs.TryGetValue((request.Step, request.MicroBatch), out var job))
        {
            done.Answer?.Features.Dispose();
            _exchange.Release(((LoadedSamples)samples.Samples).Samples);
            return;
        }

        if (done.Answer is null || request.Lineage != _lineage)
        {
            done.Answer?.Features.Dispose();
            (job.Started, job.Samples) = (false, null);
            AskLoader(request.Step, request.MicroBatch, job);
            return;
        }

        _jobs.Remove((request.Step, request.MicroBatch));
        job.Asker.Tell(new MixerMessages.Mixed(
            request.Lineage, request.Step, request.MicroBatch,
            new MixedSamples((LoadedSamples)samples.Samples, _exchange.Bundles.Put(done.Answer.Features, Self.Path.ToString()), done.Answer.Plan)));
    }
}
