using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Serving;

/// <summary>
/// What a mixer decides. It serves trainers on demand: asks a loader for the samples, waits for the version of the teacher that the
/// step calls for, has both mixed and answers whoever asked last, and after it those who asked ahead. Asking again for what is under way changes
/// nothing. A new lineage makes void all that older teachers said, and all that was wanted of it.
/// </summary>
/// <param name="plan">Of the run.</param>
/// <param name="need">Which steps ask the teacher.</param>
public sealed class MixerCore(RunPlan plan, TeacherNeed need)
{
    /// <summary>Milliseconds after which a loader that has not answered is given up for another one.</summary>
    public const long AskLoaderAgainAfter = 1000;

    /// <summary>Milliseconds after which a version of the teacher is asked for again.</summary>
    public const long AskForTeacherAgainAfter = 500;

    private sealed class Job
    {
        /// <summary>Who computes it in the view that trains.</summary>
        public string? Asker { get; set; }

        /// <summary>Who asked for it as one of the next view. They come afterwards, each by itself, and keep nobody from its own.</summary>
        public List<string> Ahead { get; init; } = [];

        public string Next => Asker ?? Ahead[0];

        public IContent? Samples { get; set; }

        public int Attempts { get; set; }

        public long AskedAt { get; set; }

        public bool Mixing { get; set; }
    }

    private readonly SortedDictionary<(long Step, int MicroBatch), Job> _jobs = [];
    private readonly TeacherShelf _teachers = new();
    private readonly Services _services = new();
    private readonly EarlyMessages _early = new();
    private List<IEffect> _effects = [];
    private long _lineage;
    private long _now;

    /// <summary>Micro-batches that were asked for and not answered.</summary>
    public IReadOnlyList<MicroBatchKey> UnderWay => [.. _jobs.Keys.Select(key => new MicroBatchKey(key.Step, key.MicroBatch))];

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now)
    {
        (_effects, _now) = ([], now);
        switch (input)
        {
            case Received received:
                HearInTime(received, now);
                break;
            case MixerInputs.TeacherFetched fetched:
                Keep(fetched);
                break;
            case MixerInputs.Mixed mixed:
                Answer(mixed);
                break;
            case Tick:
                AskLoaders(again: AskLoaderAgainAfter);
                StartAll();
                break;
        }

        return _effects;
    }

    /// <summary>A mixer that followed whoever asks could be sent to a teacher that is none, or to a lineage that never comes.</summary>
    private void HearInTime(Received received, long at)
    {
        var lineage = received.Message switch
        {
            MixerMessages.Mix mix => mix.Lineage,
            MixerMessages.TeacherPublished published => published.Lineage,
            _ => (long?)null,
        };
        if (lineage is { } said && !(_services.HasTrainerAt(received.From) && _services.MayBeLineage(said)))
        {
            _early.Keep(received, at);
            return;
        }

        Hear(received.From, received.Message);
        if (received.Message is NodeMessages.Roster)
        {
            foreach (var (early, since) in _early.TakeAll(_now))
            {
                HearInTime(early, since);
            }
        }
    }

    private void Hear(string from, ITiMixMessage message)
    {
        switch (message)
        {
            case NodeMessages.Roster roster:
                if (_services.Update(roster))
                {
                    AskLoaders(again: 0);
                }

                break;
            case MixerMessages.Mix request:
                Accept(from, request);
                break;
            case LoaderMessages.Loaded loaded:
                Take(loaded);
                break;
            case LoaderMessages.LoadFailed failed:
                GiveUp(failed);
                break;
            case MixerMessages.TeacherPublished published:
                Fetch(published);
                break;
        }
    }

    private void Accept(string asker, MixerMessages.Mix request)
    {
        if (request.Step < 0 || request.Step >= plan.Steps || request.MicroBatch < 0 || request.MicroBatch >= plan.MicroBatches)
        {
            return;
        }

        Follow(request.Lineage);
        if (request.Lineage < _lineage)
        {
            return;
        }

        var isNew = !_jobs.TryGetValue((request.Step, request.MicroBatch), out var job);
        job ??= new Job();
        if (!request.Ahead)
        {
            job.Asker = asker;
            job.Ahead.Remove(asker);
        }
        else if (job.Asker != asker && !job.Ahead.Contains(asker))
        {
            job.Ahead.Add(asker);
        }

        if (isNew)
        {
            // Nobody can want what is so far behind: those steps have been applied.
            Forget((key, old) => key < request.Step - plan.Prefetch - 2 && !old.Mixing);
            Begin(request.Step, request.MicroBatch, job);
        }
    }

    private void Begin(long step, int microBatch, Job job)
    {
        _jobs.Add((step, microBatch), job);
        AskLoader(step, microBatch, job);
    }

    private void Follow(long lineage)
    {
        if (lineage <= _lineage)
        {
            return;
        }

        Drop(_teachers.TakeAll());
        Forget((_, _) => true);
        _lineage = lineage;
    }

    /// <summary>Samples that are being mixed are released with what comes of them.</summary>
    private void Forget(Func<long, Job, bool> which)
    {
        foreach (var (key, job) in _jobs.Where(pair => which(pair.Key.Step, pair.Value)).ToList())
        {
            _jobs.Remove(key);
            if (job is { Samples: { } samples, Mixing: false })
            {
                _effects.Add(new MixerEffects.Release(samples));
            }
        }
    }

    private void AskLoaders(long again)
    {
        foreach (var (key, job) in _jobs)
        {
            if (job.Samples is null && (job.Attempts == 0 || _now - job.AskedAt >= again))
            {
                AskLoader(key.Step, key.MicroBatch, job);
            }
        }
    }

    private void AskLoader(long step, int microBatch, Job job)
    {
        if (_services.Loader(step, microBatch, job.Attempts) is { } loader)
        {
            (job.Attempts, job.AskedAt) = (job.Attempts + 1, _now);
            _effects.Add(new Send(loader, new LoaderMessages.Load(step, microBatch)));
        }
    }

    private void Take(LoaderMessages.Loaded loaded)
    {
        if (!_jobs.TryGetValue((loaded.Step, loaded.MicroBatch), out var job) || job.Samples is not null)
        {
            _effects.Add(new MixerEffects.Release(loaded.Samples));
            return;
        }

        job.Samples = loaded.Samples;
        TryStart(loaded.Step, loaded.MicroBatch, job);
    }

    private void GiveUp(LoaderMessages.LoadFailed failed)
    {
        if (_jobs.TryGetValue((failed.Step, failed.MicroBatch), out var job) && job.Samples is null)
        {
            _jobs.Remove((failed.Step, failed.MicroBatch));
            _effects.Add(new Send(job.Next, new MixerMessages.MixFailed(_lineage, failed.Step, failed.MicroBatch, failed.Reason)));
        }
    }

    private void Fetch(MixerMessages.TeacherPublished published)
    {
        if (published.Version < 0 || published.Version > plan.TeacherVersionAt(plan.Steps) + 1)
        {
            return;
        }

        Follow(published.Lineage);
        var wanted = published.Lineage == _lineage && _teachers.Offered(published.Version);
        _effects.Add(wanted
            ? new MixerEffects.FetchTeacher(published.Lineage, published.Version, published.Parameters)
            : new MixerEffects.Release(published.Parameters));
    }

    private void Keep(MixerInputs.TeacherFetched fetched)
    {
        if (fetched.Lineage == _lineage)
        {
            _teachers.Fetched(fetched.Version, fetched.Here);
            StartAll();
        }
        else if (fetched.Here)
        {
            _effects.Add(new MixerEffects.DropTeacher(fetched.Lineage, fetched.Version));
        }
    }

    private void StartAll()
    {
        foreach (var (key, job) in _jobs)
        {
            TryStart(key.Step, key.MicroBatch, job);
        }
    }

    private void TryStart(long step, int microBatch, Job job)
    {
        if (job.Mixing || job.Samples is not { } samples)
        {
            return;
        }

        var (version, asks) = (plan.TeacherVersionAt(step), need.At(step));
        if (asks && !_teachers.Has(version))
        {
            WantTeacher(version);
            return;
        }

        Drop(_teachers.TakeOlderThan(version - 1));
        job.Mixing = true;
        _effects.Add(new MixerEffects.Mix(_lineage, step, microBatch, samples, asks ? version : null));
    }

    /// <summary>Asks those who wait for the version by turns: one of them may be dead.</summary>
    private void WantTeacher(long version)
    {
        if (_teachers.Want(version, _now, AskForTeacherAgainAfter) is not { } times)
        {
            return;
        }

        var askers = _jobs
            .Where(pair => !pair.Value.Mixing && need.At(pair.Key.Step) && plan.TeacherVersionAt(pair.Key.Step) == version)
            .Select(pair => pair.Value.Next).Distinct().ToList();
        _effects.Add(new Send(askers[times % askers.Count], new MixerMessages.WantTeacher(_lineage, version)));
    }

    private void Drop(IReadOnlyList<long> versions)
    {
        foreach (var version in versions)
        {
            _effects.Add(new MixerEffects.DropTeacher(_lineage, version));
        }
    }

    private void Answer(MixerInputs.Mixed mixed)
    {
        var key = (mixed.Step, mixed.MicroBatch);
        if (mixed.Lineage != _lineage || !_jobs.TryGetValue(key, out var job) || !job.Mixing)
        {
            if (mixed.Samples is { } unwanted)
            {
                _effects.Add(new MixerEffects.Release(unwanted));
            }
        }
        else if (mixed.Samples is { } samples)
        {
            _jobs.Remove(key);
            _effects.Add(new Send(job.Next, new MixerMessages.Mixed(mixed.Lineage, mixed.Step, mixed.MicroBatch, samples)));
            List<string> others = [.. job.Ahead.Where(asker => asker != job.Next)];
            if (others.Count > 0)
            {
                Begin(mixed.Step, mixed.MicroBatch, new Job { Ahead = others });
            }
        }
        else
        {
            (job.Mixing, job.Samples) = (false, null);
            AskLoader(mixed.Step, mixed.MicroBatch, job);
        }
    }
}
