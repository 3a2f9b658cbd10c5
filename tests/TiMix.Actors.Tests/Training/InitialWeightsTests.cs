using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using TiMix.Runs.Recipes;
using TiMix.Work.Training;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Training;

public sealed class InitialWeightsTests : IDisposable
{
    private const string Given = "visual.class_embedding";
    private readonly TinyData _data = new();
    private readonly float[] _values = [.. Enumerable.Range(0, 16).Select(i => i * 0.5f)];

    private string FilePath => _data.In("init.safetensors");

    public void Dispose() => _data.Dispose();

    [Fact]
    public void A_run_starts_from_what_the_file_has_and_otherwise_from_the_seed()
    {
        using var seeded = new TrainingState(_data.Recipe, Model, CPU);
        using var state = new TrainingState(Pinned(Given, [16]), Model, CPU);
        foreach (var slot in state.Layout.Slots)
        {
            var (start, length) = ((int)slot.Offset, (int)slot.Spec.Length);
            var expected = slot.Spec.Name == Given ? _values : seeded.Student.ToArray()[start..(start + length)];
            Assert.Equal(expected, state.Student.ToArray()[start..(start + length)]);
        }

        Assert.Equal(state.Student.Fingerprint(), state.Average.Fingerprint());
        Assert.Equal(state.Student.ToArray(), state.Versions[0]);
        state.CheckIntact();
    }

    [Fact]
    public void What_the_file_gave_has_the_second_learning_rate_along_the_same_schedule()
    {
        var recipe = Pinned(Given, [16]);
        recipe = recipe with
        {
            Optimization = recipe.Optimization with { LearningRate = 1e-2, PretrainedLearningRate = 1e-4, Floor = 1e-3, WarmupSteps = 2, Steps = 6 },
        };
        Assert.Null(_data.Recipe.SettingsAt(3).PretrainedLearningRate);
        Assert.Equal(1e-4, recipe.SettingsAt(1).PretrainedLearningRate!.Value, 1e-12);
        using var state = new TrainingState(recipe, Model, CPU);
        using var before = new TrainingState(recipe, Model, CPU);
        using var gradients = new ParameterBuffer(state.Layout, CPU);
        gradients.InitializeFrom(7);
        state.Apply(gradients, recipe.SettingsAt(1));

        // Adam's first step is the rate itself, whatever the gradient.
        float Moved(string name) => Math.Abs(state.Student.Floats[(int)state.Layout[name].Offset] - before.Student.Floats[(int)state.Layout[name].Offset]);
        Assert.Equal(1e-4f, Moved(Given), 1e-6f);
        Assert.Equal(1e-2f, Moved("visual.positional_embedding"), 1e-4f);
    }

    [Fact]
    public void Another_file_than_the_one_that_was_pinned_is_refused()
    {
        var recipe = Pinned(Given, [16]);
        Assert.Equal(recipe, InitialWeights.Pin(recipe));
        _values[3] = 9;
        Write(Given, [16]);
        Refused(recipe, "is not the file this run starts from");
        Refused(recipe with { Model = recipe.Model with { InitSha256 = "" } }, "\"model.initSha256\" is empty");
    }

    [Fact]
    public void A_file_that_does_not_fit_is_refused_by_the_tensor()
    {
        Refused(Pinned("conv1.weight", [16]), "\"conv1.weight\" is no parameter of this model", "timix import");
        Refused(Pinned(Given, [4, 4]), "\"visual.class_embedding\" has the shape [4, 4]; this model expects [16]");
        var gone = Pinned(Given, [16]);
        File.Delete(FilePath);
        Refused(gone, "cannot be read");
    }

    [Fact]
    public void Heads_of_a_snapshot_that_the_recipe_has_not_are_passed_over_and_longer_texts_go_on_from_the_seed()
    {
        var positions = Enumerable.Range(0, 8 * 16).Select(i => -0.25f * i).ToArray();
        NamedTensor[] tensors =
        [
            new NamedTensor(Given, [16], _values), new NamedTensor("text.positional_embedding", [8, 16], positions),
            new NamedTensor("matching_head.bias", [2], new float[2]),
        ];
        Safetensors.Write(FilePath, tensors, new Dictionary<string, string> { ["step"] = "7" });
        var recipe = InitialWeights.Pin(_data.Recipe with { Model = _data.Recipe.Model with { Init = FilePath } });
        using var seeded = new TrainingState(_data.Recipe, Model, CPU);
        var values = seeded.Student.ToArray();
        var start = InitialWeights.Read(recipe, seeded.Layout, values)!;
        Assert.Equal(["matching_head.bias"], start.Unused);
        Assert.Equal(["text.positional_embedding", Given], start.Taken.Order());
        Assert.Equal(seeded.Layout.Slots.Count - 2, start.Seeded.Count);
        var at = (int)seeded.Layout["text.positional_embedding"].Offset;
        Assert.Equal(positions, values[at..(at + positions.Length)]);
        Assert.Equal(seeded.Student.ToArray()[(at + positions.Length)..(at + 160)], values[(at + positions.Length)..(at + 160)]);

        // Not from a snapshot: a head that nobody asked for is a mistake.
        Safetensors.Write(FilePath, tensors);
        Refused(InitialWeights.Pin(_data.Recipe with { Model = _data.Recipe.Model with { Init = FilePath } }), "\"matching_head.bias\" is no parameter");
    }

    [Fact]
    public void A_directory_is_a_run_or_a_snapshot_or_a_mistake()
    {
        Directory.CreateDirectory(_data.In("some", "snapshots", "step-00000002"));
        var recipe = _data.Recipe with { Model = _data.Recipe.Model with { Init = _data.In("some") } };
        Assert.Contains("neither a run with a snapshot nor a snapshot", Assert.Throws<RunError>(() => InitialWeights.Pin(recipe)).Message);
        foreach (var step in new[] { "step-00000002", "step-00000010", "step-00000012.unfinished" })
        {
            Directory.CreateDirectory(_data.In("some", "snapshots", step));
            File.WriteAllText(_data.In("some", "snapshots", step, "snapshot.json"), "{}");
            File.WriteAllText(_data.In("some", "snapshots", step, "model.safetensors"), step);
        }

        var pinned = InitialWeights.Pin(recipe).Model;
        Assert.Equal(_data.In("some", "snapshots", "step-00000010", "model.safetensors"), pinned.Init);
        Assert.Equal(InitialWeights.HashOf(pinned.Init), pinned.InitSha256);
        var snapshot = InitialWeights.Pin(recipe with { Model = recipe.Model with { Init = _data.In("some", "snapshots", "step-00000002") } }).Model;
        Assert.Equal(_data.In("some", "snapshots", "step-00000002", "model.safetensors"), snapshot.Init);
    }

    [Fact]
    public async Task A_run_with_a_wrong_file_leaves_nothing()
    {
        using var observer = new RecordingObserver();
        var error = await Assert.ThrowsAsync<RunError>(() => TrainingRun.ExecuteAsync(_data.Options("wrong", Pinned(Given, [2, 8])), observer, observer.Stop));
        Assert.Contains("has the shape [2, 8]", error.Message);
        Assert.False(Directory.Exists(_data.In("runs", "wrong")));
    }

    private ModelConfig Model => _data.Recipe.ModelConfig(14);

    private void Write(string name, long[] shape) => Safetensors.Write(FilePath, [new NamedTensor(name, shape, _values)]);

    private Recipe Pinned(string name, long[] shape)
    {
        Write(name, shape);
        var recipe = _data.Recipe;
        return InitialWeights.Pin(recipe with { Model = recipe.Model with { Init = FilePath } });
    }

    private void Refused(Recipe recipe, params string[] what)
    {
        var message = Assert.Throws<RunError>(() => new TrainingState(recipe, Model, CPU)).Message;
        Assert.All(what, part => Assert.Contains(part, message));
        Assert.DoesNotContain('\n', message);
    }
}
