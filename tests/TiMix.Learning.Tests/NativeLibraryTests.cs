using TorchSharp;

namespace TiMix.Learning.Tests;

public sealed class NativeLibraryTests
{
    [Fact]
    public void Torch_loads_and_multiplies()
    {
        using var a = torch.tensor(new float[] { 1, 2, 3, 4 }, 2, 2);
        using var b = a.mm(a);
        Assert.Equal([7f, 10f, 15f, 22f], b.data<float>().ToArray());
    }
}
