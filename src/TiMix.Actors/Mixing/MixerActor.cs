using Akka.Actor;
using TiMix.Actors.Compute;
using TiMix.Actors.Loading;
using TiMix.Actors.Messages;
using TiMix.Actors.Recipes;
using TiMix.Exchange.Bundles;
using TiMix.Learning;

namespace TiMix.Actors.Mixing;

/// <summary>
/// Serves trainers on demand: asks a loader for the samples, waits for the version of the teacher that the step calls for, and
/// answers with the mix plan and the teacher's features. Asking again for what is under way changes nothing.
/// </summary>
public sealed class MixerActor : ReceiveActor
{
    private sealed record Done(MixerMessages.Mix Request, LoaderMessages.Loaded Samples, MixerAnswer Answer) : INoSerializationVerificationNeeded;

    private sealed class Job(IActorRef asker)
    {
        public IActorRef Asker { get; set; } = asker;

        public LoaderMessages.Loaded? Samples { get; set; }

        public bool Started { get; set; }
    }

    private readonly Dictionary<MixerMessages.Mix, Job> _jobs = [];
    private readonly SortedDictionary<long, float[]> _teachers = [];
    private readonly ComputeThread _thread = new("mixer");
    private readonly Recipe _recipe;
    private readonly Mixer _mixer;
    private readonly IActorRef _loader;
    private readonly BundleStore _bundles;

    /// <param name="recipe">Method, seeds and schedules.</param>
    /// <param name="model">Sizes of the teacher.</param>
    /// <param name="loader">Where samples come from.</param>
    /// <param name="bundles">Where bundles wait.</param>
    public MixerActor(Recipe recipe, ModelConfig model, IActorRef loader, BundleStore bundles)
    {
        (_recipe, _loader, _bundles) = (recipe, loader, bundles);
        _mixer = new Mixer(recipe, model, TorchRuntime.DefaultDevice());
        Receive<MixerMessages.Mix>(Accept);
        Receive<LoaderMessages.Loaded>(loaded =>
        {
            var used = false;
            foreach (var (request, job) in JobsOf(loaded.Step, loaded.MicroBatch))
            {
                if (!used && job.Samples is null)
                {
                    job.Samples = loaded;
                    used = true;
                    TryStart(request, job);
                }
            }

            if (!used)
            {
                _bundles.Release(loaded.Samples);
            }
        });
        Receive<LoaderMessages.LoadFailed>(failed =>
        {
            foreach (var (request, job) in JobsOf(failed.Step, failed.MicroBatch))
            {
                job.Asker.Tell(new MixerMessages.MixFailed(request.Generation, request.Step, request.MicroBatch, failed.Reason));
                _jobs.Remove(request);
            }
        });
        Receive<MixerMessages.TeacherPublished>(published =>
        {
            using var bundle = _bundles.Take(published.Parameters);
            if (bundle is null)
            {
                return;
            }

            _teachers[published.Version] = bundle.Get<float>("parameters").ToArray();
            foreach (var (request, job) in _jobs.OrderBy(pair => pair.Key.Step).ThenBy(pair => pair.Key.MicroBatch))
            {
                TryStart(request, job);
            }
        });
        Receive<Done>(Answer);
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Mixing failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(Recipe recipe, ModelConfig model, IActorRef loader, BundleStore bundles) =>
        Akka.Actor.Props.Create(() => new MixerActor(recipe, model, loader, bundles));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _ = _thread.Run(() =>
        {
            _mixer.Dispose();
            return true;
        });
        _thread.Dispose();
        _bundles.ReleaseOwner(Self.Path.ToString());
    }

    private IEnumerable<KeyValuePair<MixerMessages.Mix, Job>> JobsOf(long step, int microBatch) =>
        [.. _jobs.Where(pair => pair.Key.Step == step && pair.Key.MicroBatch == microBatch)];

    private void Accept(MixerMessages.Mix request)
    {
        DropOlder(request.Generation);
        if (_jobs.TryGetValue(request, out var job))
        {
            job.Asker = Sender;
            if (job.Samples is null)
            {
                _loader.Tell(new LoaderMessages.Load(request.Step, request.MicroBatch));
            }
            else
            {
                TryStart(request, job);
            }

            return;
        }

        _jobs.Add(request, new Job(Sender));
        _loader.Tell(new LoaderMessages.Load(request.Step, request.MicroBatch));
    }

    private void DropOlder(long generation)
    {
        foreach (var (request, job) in _jobs.Where(pair => pair.Key.Generation < generation && !pair.Value.Started).ToList())
        {
            if (job.Samples is { } samples)
            {
                _bundles.Release(samples.Samples);
            }

            _jobs.Remove(request);
        }
    }

    private void TryStart(MixerMessages.Mix request, Job job)
    {
        if (job.Started || job.Samples is not { } loaded)
        {
            return;
        }

        var version = _recipe.TeacherVersionAt(request.Step);
        float[]? parameters = null;
        if (Mixer.NeedsTeacher(_recipe, _recipe.SettingsAt(request.Step)) && !_teachers.TryGetValue(version, out parameters))
        {
            job.Asker.Tell(new MixerMessages.WantTeacher(version));
            return;
        }

        foreach (var old in _teachers.Keys.Where(key => key < version - 1).ToList())
        {
            _teachers.Remove(old);
        }

        var arrays = _bundles.Read(loaded.Samples, SampleBundle.Unpack);
        if (arrays is null)
        {
            job.Samples = null;
            _loader.Tell(new LoaderMessages.Load(request.Step, request.MicroBatch));
            return;
        }

        job.Started = true;
        _thread.Run(() => new Done(request, loaded, _mixer.Run(request.Step, request.MicroBatch, arrays, version, parameters))).PipeTo(Self, Self);
    }

    private void Answer(Done done)
    {
        _jobs.Remove(done.Request, out var job);
        var (request, samples) = (done.Request, done.Samples);
        job!.Asker.Tell(new MixerMessages.Mixed(
            request.Generation, request.Step, request.MicroBatch, samples.Samples, _bundles.Put(done.Answer.Features, Self.Path.ToString()), done.Answer.Plan, samples.Epoch, samples.Replacements));
    }
}
