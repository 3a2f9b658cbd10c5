using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Serving;

public sealed class LoaderCoreTests
{
    private sealed record Content : IContent;

    private static readonly MicroBatchKey Key = new(3, 1);
    private readonly LoaderCore _loader = new();

    [Fact]
    public void What_is_asked_for_twice_is_loaded_once_and_given_to_whoever_asked_last()
    {
        Assert.Equal([new LoaderEffects.Load(Key)], Do(new Received("m1", new LoaderMessages.Load(3, 1))));
        Assert.Empty(Do(new Received("m2", new LoaderMessages.Load(3, 1))));
        Assert.Equal([new Send("m2", new LoaderMessages.Loaded(3, 1, new Content()))], Do(new LoaderInputs.Loaded(Key, new Content())));
        Assert.Equal([new LoaderEffects.Load(Key)], Do(new Received("m1", new LoaderMessages.Load(3, 1))));
    }

    [Fact]
    public void Data_that_are_broken_are_said_to_whoever_asked()
    {
        Do(new Received("m1", new LoaderMessages.Load(3, 1)));
        Assert.Equal([new Send("m1", new LoaderMessages.LoadFailed(3, 1, "torn"))], Do(new LoaderInputs.Failed(Key, "torn")));
        Assert.Empty(Do(new LoaderInputs.Failed(Key, "torn")));
    }

    private IReadOnlyList<IEffect> Do(IInput input) => _loader.Handle(input, 0);
}
