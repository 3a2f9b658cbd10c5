using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Training;
using TiMix.Runs.Recipes;
using TiMix.Work.Loading;
using static TorchSharp.torch;

namespace TiMix.Work.Mixing;

/// <summary>What the mixer adds to a micro-batch.</summary>
/// <param name="Plan">What is pasted where.</param>
/// <param name="Features">Bundle with the teacher's features: <c>image</c> and <c>text</c>, [b, d] each, and its probabilities of words, [p, V] each
/// by the name of the objective; empty when nothing is distilled.</param>
public sealed record MixerAnswer(MixPlan Plan, Bundle Features);

/// <summary>
/// The mixer's mathematics: one forward pass of the teacher, saliency maps, the mix plan. A pure function of the samples, the
/// teacher's version and the seed (run, step, micro-batch).
/// </summary>
public sealed class Mixer(Recipe recipe, ModelConfig model, Device device) : IDisposable
{
    private readonly ParameterLayout _layout = DualEncoder.LayoutOf(model);
    private readonly MixMethod _method = recipe.MixMethod();
    private TeacherWorker? _teacher;
    private float[]? _loaded;

    /// <summary>The plan and the teacher's features for one micro-batch.</summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="microBatch">Place in the global batch.</param>
    /// <param name="samples">The loader's arrays.</param>
    /// <param name="parameters">Of the teacher that serves the step; null when it is not needed.</param>
    public MixerAnswer Run(long step, int microBatch, SampleArrays samples, float[]? parameters)
    {
        var settings = recipe.SettingsAt(step);
        var count = recipe.Optimization.MicroBatchSize;
        var answer = new TeacherAnswer([], [], []);
        if (parameters is not null)
        {
            Load(parameters);
            var tasks = settings.DistillAlpha > 0 && settings.Active.Any(objective => objective is WordObjective)
                ? WordTasks.Of(samples.Tokens, count, microBatch, settings, model)
                : null;
            answer = _teacher!.Ask(
                samples.Pixels, samples.Tokens, count, settings.DistillAlpha > 0, settings.Mixing && _method.Saliency == SaliencySource.Teacher, tasks);
        }

        var saliency = settings.Mixing && _method.Saliency == SaliencySource.Boxes ? RegionMasks.OracleSaliency(samples, count, model) : answer.Saliency;
        var seed = Seeds.Mix(recipe.Run.Seed, (ulong)step, (ulong)microBatch);
        var plan = MixPlanner.Plan(settings.Mixing ? _method : new NoMixing(), saliency, count, model.Grid, seed, recipe.MixOptions());
        var bundle = new Bundle.Builder().Add("image", answer.Image).Add("text", answer.Text);
        foreach (var objective in KnownObjectives.All.OfType<WordObjective>())
        {
            bundle.Add(objective.Name, answer.Words[objective.Name] ?? []);
        }

        return new MixerAnswer(plan, bundle.Build());
    }

    /// <inheritdoc/>
    public void Dispose() => _teacher?.Dispose();

    private void Load(float[] parameters)
    {
        if (_teacher is null)
        {
            _teacher = new TeacherWorker(model, _layout, parameters, device);
        }
        else if (!ReferenceEquals(parameters, _loaded))
        {
            _teacher.Load(parameters);
        }

        _loaded = parameters;
    }
}
