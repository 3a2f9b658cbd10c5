using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Tests.Bundles;

public sealed class BundleTests
{
    private static Bundle Make(float first = 1.5f) =>
        new Bundle.Builder().Add("pixels", new byte[] { 1, 2, 3 }).Add("boxes", new[] { first, -2f }).Add("empty", Array.Empty<int>()).Build();

    [Fact]
    public void Arrays_come_back_as_they_went_in()
    {
        using var bundle = Make();
        Assert.Equal(new byte[] { 1, 2, 3 }, bundle.Get<byte>("pixels").ToArray());
        Assert.Equal(new[] { 1.5f, -2f }, bundle.Get<float>("boxes").ToArray());
        Assert.True(bundle.Get<int>("empty").IsEmpty);
    }

    [Fact]
    public void A_missing_array_is_named_with_what_there_is()
    {
        using var bundle = Make();
        var error = Assert.Throws<KeyNotFoundException>(() => bundle.Get<byte>("tokens").Length);
        Assert.Contains("\"tokens\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("pixels, boxes, empty", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Bundle.Builder().Add("a", new byte[1]).Add("a", new byte[1]));
    }

    [Fact]
    public void Equal_contents_have_equal_hashes_and_one_changed_value_another()
    {
        using var one = Make();
        using var same = Make();
        using var other = Make(1.25f);
        Assert.Equal(one.Hash(), same.Hash());
        Assert.NotEqual(one.Hash(), other.Hash());
    }

    [Fact]
    public void A_bundle_is_handed_over_once()
    {
        using var store = new BundleStore("here");
        var reference = store.Put(Make(), "loader");
        using var taken = store.Take(reference);
        Assert.NotNull(taken);
        Assert.Equal(reference.Hash, taken.Hash());
        Assert.Null(store.Take(reference));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void A_stranger_s_reference_or_a_wrong_length_is_refused()
    {
        using var store = new BundleStore("here");
        var reference = store.Put(Make(), "loader");
        Assert.Throws<InvalidDataException>(() => store.Take(reference with { Endpoint = "there" }));
        Assert.Throws<InvalidDataException>(() => store.Take(reference with { Length = 1 }));
        Assert.Equal(1, store.Count);
    }

    [Fact]
    public void What_a_dead_owner_left_is_released_and_a_released_block_cannot_be_read()
    {
        using var store = new BundleStore("here");
        var bundle = Make();
        store.Put(bundle, "mixer");
        var kept = store.Put(Make(), "loader");
        store.ReleaseOwner("mixer");
        Assert.Equal(1, store.Count);
        Assert.Throws<ObjectDisposedException>(() => bundle.Get<byte>("pixels").Length);
        store.Release(kept);
        store.Release(kept);
        Assert.Equal(0, store.Count);
    }
}
