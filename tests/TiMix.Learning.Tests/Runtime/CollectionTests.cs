using System.Reflection;
using TorchSharp;

namespace TiMix.Learning.Tests.Runtime;

/// <summary>The build marks TorchSharp's methods so that arguments of native calls outlive them (build/TorchNative.targets).</summary>
public sealed class CollectionTests
{
    private const int Rounds = 200_000;

    [Fact]
    public void A_collection_in_the_middle_of_an_operation_does_it_no_harm()
    {
        using var over = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!over.IsCancellationRequested)
            {
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            using var one = torch.ones(4);
            for (var round = 0; round < Rounds; round++)
            {
                using var sum = one + one;
                using var product = sum * 3.0;
                Assert.Equal(6f, product.ReadCpuSingle(3));
            }
        }
        finally
        {
            over.Cancel();
            collector.Join();
        }
    }

    [Fact]
    public void Every_method_of_the_output_copy_is_marked()
    {
        const MethodImplAttributes marks = MethodImplAttributes.NoInlining | MethodImplAttributes.NoOptimization;
        var methods = typeof(torch.Tensor).GetMethods(
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly);
        Assert.NotEmpty(methods);
        Assert.All(methods, method => Assert.True(
            method.IsAbstract || (method.MethodImplementationFlags & marks) == marks
                || (method.Attributes & MethodAttributes.PinvokeImpl) != 0, method.ToString()));
    }
}
